// Follows what a machine writes: its console and its event port. It needs no process of QEMU's own, so any command can watch a
// machine that another one has started.

import { EventEmitter } from 'node:events';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { followFile } from '../files/follow-file.ts';
import { addEvent, beginsBoot } from './boot-events.ts';
import { createEventReader } from './guest-events.ts';
import { type GuestInput, openGuestInput } from './guest-input.ts';
import { createLastLines, type LastLines } from './last-lines.ts';
import type { MachineFiles } from './machine-directories.ts';
import { whyLost } from './why-lost.ts';

export interface MachineEvents {
	event: [GuestEventLine];
	console: [Buffer];
	lost: [reason: string];
}

/** The state of the guest as its output shows it. */
interface Seen {
	/** The events of this boot; of very many, the first and the last. A boot that follows a reboot begins with none. */
	readonly events: GuestEventLine[];
	/** How the guest shuts down, as its PID 1 reported. */
	reported: ShutdownKind | null;
	/** How it shut down, as its kernel printed. */
	printed: ShutdownKind | null;
	/** Why the guest can't continue (a panic), in words that end a sentence. */
	lost: string | null;
}

export type ShutdownKind = 'poweroff' | 'reboot' | 'halt';

/** PID 1's word comes first; another PID 1 than ours reports nothing. */
export function shutdownOf({ reported, printed }: Seen): ShutdownKind | null {
	return reported ?? printed;
}

export interface WatchedMachine {
	readonly emitter: EventEmitter<MachineEvents>;
	readonly seen: Seen;
	readonly lastLines: LastLines;
	readonly console: GuestInput;
	/** Takes a `HostCommand` a line. */
	readonly commands: GuestInput;
	/** Reads what is there, and stops. */
	finish(): void;
	stop(): void;
}

/**
 * @param from - the lengths of the logs before the part that matters
 * @param onHalt - is called when the guest has halted: QEMU keeps such a machine, as hardware does
 */
export function watchMachine(
	files: MachineFiles,
	from: { readonly console: number; readonly events: number },
	onHalt: () => void,
): WatchedMachine {
	const emitter = new EventEmitter<MachineEvents>();
	const seen: Seen = { events: [], reported: null, printed: null, lost: null };
	const lastLines = createLastLines((line) => {
		if (isFirstLine(line)) {
			seen.lost = null;
			seen.printed = null;
		}
		const reason = whyLost(line);
		if (seen.lost === null && reason !== null) {
			seen.lost = reason;
			emitter.emit('lost', reason);
		}
		const words = lastWords(line);
		seen.printed ??= words;
		if (words === 'halt') onHalt();
	});
	const showConsole = (bytes: Buffer): void => {
		lastLines.add(bytes);
		emitter.emit('console', bytes);
	};
	const readEvents = createEventReader((event) => {
		if (beginsBoot(event)) seen.reported = null;
		addEvent(seen.events, event);
		if (event.event === 'shutdown') seen.reported = event.action;
		emitter.emit('event', event);
	});
	const followed = [
		followFile(files.eventLog, readEvents, from.events),
		followFile(files.consoleLog, showConsole, from.console),
	];
	const inputs = [openGuestInput(files.consoleInput), openGuestInput(files.eventInput)] as const;
	const end = (how: 'finish' | 'stop') => (): void => {
		for (const each of followed) each[how]();
		for (const each of inputs) each.close();
	};
	return {
		emitter,
		seen,
		lastLines,
		console: inputs[0],
		commands: inputs[1],
		finish: end('finish'),
		stop: end('stop'),
	};
}

/** Reports whether a kernel begins with this line (init/main.c). */
function isFirstLine(line: string): boolean {
	return /^(\[ *0\.0+\] )?Linux version /.test(line);
}

/** Returns the kind of shutdown from the kernel's last line (kernel/reboot.c), else null. */
function lastWords(line: string): ShutdownKind | null {
	const said = /^\[ *[\d.]+\] reboot: (Power down|Restarting system|System halted)/.exec(line)?.[1];
	if (said === undefined) return null;
	return said === 'Power down' ? 'poweroff' : said === 'System halted' ? 'halt' : 'reboot';
}
