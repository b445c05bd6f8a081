// The machines of this user: their records, and which of them run. A machine is an entry until it is removed or its name
// is taken again; whether it runs is asked of the processes, so nothing has to be written when it ends.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { isRecord } from '../../supervisor/contract/json-shape.ts';
import { SlipwayError } from '../errors.ts';
import { withFileLock } from '../files/file-lock.ts';
import { isRunning, processName } from '../files/process-name.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';
import type { MachineRequest } from './describe-machine.ts';
import {
	checkSocketLength,
	type MachineBases,
	type MachinePlace,
	machineFiles,
} from './machine-directories.ts';
import { firstFreeName } from './machine-name.ts';
import { runningMachines } from './running-machines.ts';

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

export interface MachineEntry {
	readonly record: MachineRecord;
	readonly place: MachinePlace;
	/** QEMU's process; null when none runs. */
	readonly pid: number | null;
	/** Reports whether QEMU runs or is about to. */
	readonly isUp: boolean;
}

/** Returns all machines, sorted by name. A directory without a readable record is left out. */
export function listMachines(bases: MachineBases): MachineEntry[] {
	const running = runningMachines();
	return readdirSync(bases.state)
		.toSorted()
		.flatMap((name) => readEntry(bases, name, running) ?? []);
}

/** Returns the machine of this name. Throws a `SlipwayError` that names those that exist when there is none. */
export function findMachine(bases: MachineBases, name: string): MachineEntry {
	const machines = listMachines(bases);
	const found = machines.find(({ record }) => record.name === name);
	if (found !== undefined) return found;
	const others = machines.map(({ record }) => record.name).join(', ');
	throw new SlipwayError(
		'NO_FILE',
		`There is no machine named ${name}${others === '' ? ': none was started with "slipway run"' : `. There is ${others}`}.`,
	);
}

/** Returns the machine of this name, which must run; for null the only one that runs. Throws a `SlipwayError`. */
export function findRunningMachine(bases: MachineBases, name: string | null): MachineEntry {
	if (name !== null) {
		const found = findMachine(bases, name);
		if (found.pid !== null) return found;
		throw new SlipwayError('NO_FILE', `The machine ${name} does not run. "slipway ps -a" lists all.`);
	}
	const up = listMachines(bases).filter(({ pid }) => pid !== null);
	const [only, ...more] = up;
	if (only === undefined)
		throw new SlipwayError('NO_FILE', 'No machine runs. Start one with: slipway run -d NAME');
	if (more.length === 0) return only;
	const names = up.map(({ record }) => record.name).join(', ');
	throw new SlipwayError('BAD_INPUT', `Several machines run: ${names}. Say which one.`);
}

interface Claim {
	/** What the user asked for; null for the default. */
	readonly name: string | null;
	readonly defaultName: string;
	readonly request: MachineRequest;
	readonly attached: boolean;
	/** Reports whether the ended machine of that name is started again, and not replaced. */
	readonly keepsLogs: boolean;
}

/**
 * Takes a name and creates the machine's directories. An ended machine of that name is replaced. Throws a `SlipwayError`
 * when a machine of the name asked for runs.
 */
export async function claimMachine(
	bases: MachineBases,
	{ name, defaultName, request, attached, keepsLogs }: Claim,
	temporary: TemporaryPaths,
): Promise<MachineEntry> {
	return await withFileLock(join(bases.state, '.lock'), temporary, async () => {
		const up = new Set(listMachines(bases).flatMap(({ isUp, record }) => (isUp ? [record.name] : [])));
		const taken = name ?? firstFreeName(defaultName, (candidate) => up.has(candidate));
		if (up.has(taken)) {
			throw new SlipwayError(
				'BAD_INPUT',
				`A machine named ${taken} runs already. Give this one another --name, or end that one: slipway stop ${taken}`,
			);
		}
		const place = { runtime: join(bases.runtime, taken), state: join(bases.state, taken) };
		checkSocketLength(place.runtime);
		for (const folder of [place.runtime, place.state]) {
			if (!keepsLogs || folder === place.runtime) rmSync(folder, { recursive: true, force: true });
			makeFolder(folder, 0o700);
		}
		const record: MachineRecord = {
			version: 1,
			name: taken,
			runtime: place.runtime,
			request,
			attached,
			starter: processName(process.pid) ?? '',
			startedAt: new Date().toISOString(),
			started: false,
			ended: null,
		};
		writeRecord(place, record);
		return { record, place, pid: null, isUp: true };
	});
}

/** Removes all that is left of a machine that does not run. */
export function removeMachine({ place }: MachineEntry): void {
	rmSync(place.runtime, { recursive: true, force: true });
	rmSync(place.state, { recursive: true, force: true });
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

function readEntry(
	bases: MachineBases,
	name: string,
	running: ReadonlyMap<string, number>,
): MachineEntry | null {
	const state = join(bases.state, name);
	const record = readRecord(join(state, 'machine.json'));
	if (record === null || record.name !== name) return null;
	const pid = running.get(record.runtime) ?? null;
	// A command that starts a machine may not have come to QEMU yet, or starts it again after a reboot.
	const isStarting =
		record.ended === null && (!record.started || record.attached) && isRunning(record.starter);
	return { record, place: { runtime: record.runtime, state }, pid, isUp: pid !== null || isStarting };
}

function readRecord(path: string): MachineRecord | null {
	try {
		const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
		return isMachineRecord(value) ? value : null;
	} catch {
		return null;
	}
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
