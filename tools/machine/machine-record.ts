// The record of a machine: what is written about it when it starts and when a command ends it.

import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorMessage } from '../../native/text/error-message.ts';
import { parseJson } from '../../native/text/parse-json.ts';
import { isRecord } from '../../supervisor/contract/json-shape.ts';
import { SlipwayError } from '../errors.ts';
import type { MachineRequest } from './describe-machine.ts';
import { type MachinePlace, machineFiles } from './machine-directories.ts';

/** What is written about a machine. */
export interface MachineRecord {
	readonly version: 1;
	readonly name: string;
	/** The directory of its sockets. */
	readonly runtime: string;
	/** What was asked for; all paths are absolute. */
	readonly request: MachineRequest;
	/** Reports whether QEMU ends with the command that started it. */
	readonly attached: boolean;
	/** The command that started it, by `processName()`. */
	readonly starter: string;
	/** ISO 8601. */
	readonly startedAt: string;
	/** Is true once QEMU runs: from then on a machine without QEMU has ended. */
	readonly started: boolean;
	/** How a command ended it, in words that end a sentence; null when it ended by itself or runs. */
	readonly ended: string | null;
}

/** Replaces the record as a whole. Throws a `SlipwayError`, such as on a full disk; the old record stays then. */
export function writeRecord(place: MachinePlace, record: MachineRecord): void {
	const path = machineFiles(place).record;
	const file = join(dirname(path), `.machine-${randomUUID()}`);
	try {
		writeFileSync(file, `${JSON.stringify(record, null, '\t')}\n`, { mode: 0o600, flag: 'wx' });
		renameSync(file, path);
	} catch (cause) {
		rmSync(file, { force: true });
		throw new SlipwayError(
			'NO_FILE',
			`The record of the machine ${record.name} can't be written (${errorMessage(cause)}): ${path}`,
			{ cause },
		);
	}
}

/** A record that says nothing to this version. */
export interface UnreadRecord {
	/** Words that follow the name of the machine. */
	readonly unread: string;
}

/** Returns null when there is none. */
export function readRecord(place: MachinePlace, name: string): MachineRecord | UnreadRecord | null {
	let text: string;
	try {
		text = readFileSync(machineFiles(place).record, 'utf8');
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' || code === 'ENOTDIR') return null;
		return { unread: `has a record that can't be read (${errorMessage(error)})` };
	}
	const value = parseJson(text);
	if (isMachineRecord(value) && value.name === name) return value;
	const isOther = isRecord(value) && Number.isInteger(value['version']) && value['version'] !== 1;
	return { unread: isOther ? 'was started by another version of slipway' : 'has a damaged record' };
}

/** Our own files are in a directory that is the user's alone, so a look at what another version writes is enough. */
function isMachineRecord(value: unknown): value is MachineRecord {
	if (!isRecord(value) || !isRecord(value['request'])) return false;
	const { version, request, ended } = value;
	const texts = ['name', 'runtime', 'starter', 'startedAt'].map((key) => value[key]);
	return (
		version === 1 &&
		[...texts, request['name']].every((text) => typeof text === 'string') &&
		[request['publish'], request['disks']].every(Array.isArray) &&
		(ended === null || typeof ended === 'string')
	);
}
