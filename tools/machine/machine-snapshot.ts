// What the logs of a machine say of it at this moment, and the words for that. It reads files only, so it works for machines that
// other commands have started, and for ended ones.

import { statSync } from 'node:fs';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { bootBefore } from './boot-beginning.ts';
import { beginsBoot } from './boot-events.ts';
import { type MachineFiles, machineFiles } from './machine-directories.ts';
import type { MachineEntry } from './machine-state.ts';
import { stillInTrouble } from './wait-until-ready.ts';
import { type ShutdownKind, shutdownOf, watchMachine } from './watch-machine.ts';

/** A machine that prints for days has a long console; its end is enough. */
const consoleTailBytes = 256 * 1024;
const eventTailBytes = 4 * 1024 * 1024;

export interface MachineSnapshot {
	/** The events of the last boot, oldest first; of a long log, the last ones, and those of its beginning that tell the state. */
	readonly events: readonly GuestEventLine[];
	readonly shutdown: ShutdownKind | null;
	/** Why the guest can't continue, in words that end a sentence; null when it can. */
	readonly lost: string | null;
	/** The last lines of the console. */
	readonly lastLines: string;
	/** When the guest last said something, or QEMU ended, as the keeper of the logs has noticed. */
	readonly lastSignAt: Date;
}

/** Reads the logs of a machine. Logs that do not exist yet are empty. */
export function readSnapshot({ place, record }: MachineEntry): MachineSnapshot {
	const files = machineFiles(place);
	const [console, events] = [files.consoleLog, files.eventLog].map((path) =>
		statSync(path, { throwIfNoEntry: false }),
	);
	if (console === undefined || events === undefined) {
		const lastSignAt = new Date(record.startedAt);
		return { events: [], shutdown: null, lost: null, lastLines: '', lastSignAt };
	}
	const from = logTails(files);
	const watched = watchMachine(files, from, () => undefined);
	watched.finish();
	const [first] = watched.seen.events;
	const isWhole = from.events === 0 || (first !== undefined && beginsBoot(first));
	return {
		events: [...(isWhole ? [] : bootBefore(files.eventLog, from.events)), ...watched.seen.events],
		shutdown: shutdownOf(watched.seen),
		lost: watched.seen.lost,
		lastLines: watched.lastLines.text(),
		lastSignAt: new Date(Math.max(console.mtimeMs, events.mtimeMs)),
	};
}

/** Returns where to begin reading the logs of a machine that has long run. */
export function logTails({ consoleLog, eventLog }: MachineFiles) {
	return {
		console: Math.max(0, statSync(consoleLog).size - consoleTailBytes),
		events: Math.max(0, statSync(eventLog).size - eventTailBytes),
	};
}

export interface MachineCondition {
	readonly state: 'starting' | 'booting' | 'ready' | 'stopping' | 'halted' | 'lost' | 'ended';
	/** Says more, in words that end a sentence. */
	readonly detail: string;
	/** Of a machine that has ended: 0 after a clean shutdown, else 1. */
	readonly exitCode: number | null;
}

/** Pure: what the record, the processes and the logs say together. */
export function conditionOf(entry: MachineEntry, snapshot: MachineSnapshot): MachineCondition {
	const { record, pid, isUp } = entry;
	const { shutdown, lost, events } = snapshot;
	const up = (state: MachineCondition['state'], detail: string): MachineCondition => {
		return { state, detail, exitCode: null };
	};
	if (pid === null) {
		if (isUp) return up('starting', 'QEMU starts');
		const isClean = record.ended === null && lost === null && shutdown !== null;
		return { state: 'ended', detail: whyEnded(entry, snapshot), exitCode: isClean ? 0 : 1 };
	}
	if (lost !== null) return up('lost', lost);
	if (shutdown === 'halt' && /reboot: System halted/.test(snapshot.lastLines)) return up('halted', 'halted');
	if (shutdown !== null) return up('stopping', shutdown === 'reboot' ? 'it reboots' : 'it shuts down');
	const troubles = stillInTrouble(events);
	if (!events.some(({ event }) => event === 'ready')) {
		return up('booting', troubles[0]?.split('\n')[0] ?? 'it boots');
	}
	return up('ready', troubles[0]?.split('\n')[0] ?? 'every service runs');
}

function whyEnded({ record }: MachineEntry, { shutdown, lost }: MachineSnapshot): string {
	if (record.ended !== null) return record.ended;
	if (!record.started) return 'it was not started';
	if (lost !== null) return lost;
	if (shutdown === 'poweroff') return 'powered off';
	if (shutdown === 'halt') return 'halted';
	if (shutdown === 'reboot') return 'rebooted';
	return 'QEMU ended without a shutdown of the guest';
}
