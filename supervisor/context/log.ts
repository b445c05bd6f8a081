// The interface of the guest's log. `init/reporting/log.ts` implements it: one pino JSON object a line to
// the log file and the event port, and a short human line to the console.

import type { GuestEvent } from '../contract/events.ts';

/** The subject of a line. */
export interface LogFields {
	readonly stage?: string;
	readonly service?: string;
	readonly [field: string]: unknown;
}

export interface Log {
	debug(fields: LogFields, message: string): void;
	info(fields: LogFields, message: string): void;
	warn(fields: LogFields, message: string): void;
	error(fields: LogFields, message: string): void;
	/** Logs a line that is part of the contract with `slipway run`. */
	event(event: GuestEvent, message: string): void;
	/** Writes lines, with their line feeds, to the console only. */
	show(lines: string): void;
}
