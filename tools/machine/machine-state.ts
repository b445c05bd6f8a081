// The machines of this user: their records, and which of them run. A machine is an entry until it is removed or its name
// is taken again; whether it runs is asked of the processes, so nothing has to be written when it ends.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { SlipwayError } from '../errors.ts';
import { withFileLock } from '../files/file-lock.ts';
import { isRunning, processName } from '../files/process-name.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';
import type { MachineRequest } from './describe-machine.ts';
import { checkSocketLength, type MachineBases, type MachinePlace } from './machine-directories.ts';
import { firstFreeName, isMachineName } from './machine-name.ts';
import { type MachineRecord, readRecord, writeRecord } from './machine-record.ts';
import { runningMachines } from './running-machines.ts';

export interface MachineEntry {
	readonly record: MachineRecord;
	readonly place: MachinePlace;
	/** QEMU's process; null when none runs. */
	readonly pid: number | null;
	/** Reports whether QEMU runs or is about to. */
	readonly isUp: boolean;
}

/** A machine whose record says nothing to this version: it can be listed and removed. */
export interface UnreadMachine {
	readonly name: string;
	readonly place: MachinePlace;
	readonly pid: number | null;
	/** Words that follow its name. */
	readonly unread: string;
}

/** Returns all machines with a record that this version reads, sorted by name. */
export function listMachines(bases: MachineBases): MachineEntry[] {
	return readMachines(bases).filter((machine) => 'record' in machine);
}

/** Returns the others, sorted by name. */
export function listUnreadMachines(bases: MachineBases): UnreadMachine[] {
	return readMachines(bases).filter((machine) => 'unread' in machine);
}

/** Returns the machine of this name. Throws a `SlipwayError` that names those that exist when there is none. */
export function findMachine(bases: MachineBases, name: string): MachineEntry {
	const machines = listMachines(bases);
	const found = machines.find(({ record }) => record.name === name);
	if (found !== undefined) return found;
	const unread = listUnreadMachines(bases).find((machine) => machine.name === name);
	if (unread !== undefined) {
		const removal = `slipway rm ${unread.pid === null ? '' : '--force '}${name}`;
		throw new SlipwayError(
			'BAD_INPUT',
			`The machine ${name} ${unread.unread}. This version of slipway can only remove it: ${removal}`,
		);
	}
	const others = machines.map(({ record }) => record.name).join(', ');
	throw new SlipwayError(
		'NO_FILE',
		`There is no machine named ${name}${others === '' ? ': none was started with "slipway run"' : `. There is ${others}`}.`,
	);
}

/**
 * Returns the machine of this name, which must run; for null the only one that runs. Throws a `SlipwayError`.
 *
 * @param naming - how the command line names a machine; by default by its name alone
 */
export function findRunningMachine(bases: MachineBases, name: string | null, naming = ''): MachineEntry {
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
	throw new SlipwayError(
		'BAD_INPUT',
		`Several machines run: ${names}. Say which one, such as ${naming}${only.record.name}.`,
	);
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
		const up = new Set([
			...listMachines(bases).flatMap(({ isUp, record }) => (isUp ? [record.name] : [])),
			...listUnreadMachines(bases).flatMap(({ pid, name }) => (pid === null ? [] : [name])),
		]);
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
export function removeMachine({ place }: Pick<MachineEntry, 'place'>): void {
	rmSync(place.runtime, { recursive: true, force: true });
	rmSync(place.state, { recursive: true, force: true });
}

function readMachines(bases: MachineBases): (MachineEntry | UnreadMachine)[] {
	const running = runningMachines();
	return readdirSync(bases.state)
		.toSorted()
		.flatMap((name) => readMachine(bases, name, running) ?? []);
}

function readMachine(
	bases: MachineBases,
	name: string,
	running: ReadonlyMap<string, number>,
): MachineEntry | UnreadMachine | null {
	const place = { runtime: join(bases.runtime, name), state: join(bases.state, name) };
	const record = readRecord(place, name);
	// A directory of another name is none of a machine, whatever is in it.
	if (record === null || !isMachineName(name)) return null;
	if ('unread' in record) return { name, place, pid: running.get(place.runtime) ?? null, ...record };
	const pid = running.get(record.runtime) ?? null;
	// A command that starts a machine may not have come to QEMU yet, or starts it again after a reboot.
	const isStarting =
		record.ended === null && (!record.started || record.attached) && isRunning(record.starter);
	return {
		record,
		place: { ...place, runtime: record.runtime },
		pid,
		isUp: pid !== null || isStarting,
	};
}
