// What the dashboard needs of a system. machine-systems.ts makes it of a machine.

import type { EventEmitter } from 'node:events';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import type { Absence } from './system-model.ts';

export interface SystemChanges {
	event: [GuestEventLine];
	console: [Buffer];
	/** It has ended, or runs again. */
	state: [];
}

export interface WatchedSystem {
	readonly name: string;
	readonly emitter: EventEmitter<SystemChanges>;
	/** The events of this boot so far, the oldest first; of very many, the first and the last. */
	readonly events: readonly GuestEventLine[];
	readonly isUp: boolean;
	/** Why it is not up: it has ended, or is elsewhere and does not answer. */
	readonly absence: Absence;
	/** The time at which the guest's clock was 0, in milliseconds of the epoch. */
	readonly bootedAtMs: number;
	/** Returns the last bytes of the console. */
	consoleTail(): Buffer;
	type(bytes: Buffer): void;
	resizeConsole(size: { readonly rows: number; readonly columns: number }): void;
	power(action: 'poweroff' | 'reboot'): void;
	/**
	 * Runs the guest's `service` with these arguments and resolves with its exit code. Rejects when the guest can't be asked.
	 *
	 * @param output - receives what it writes to its standard output and error
	 */
	service(
		args: readonly string[],
		output: (bytes: Buffer) => void | Promise<void>,
		signal: AbortSignal,
	): Promise<number>;
}

export interface WatchedSystems {
	/** `change`: a system was added or removed. */
	readonly emitter: EventEmitter<{ change: [] }>;
	list(): readonly WatchedSystem[];
}
