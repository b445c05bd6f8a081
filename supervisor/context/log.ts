// The guest's log, as the supervisor sees it. `init/reporting/log.ts` implements it: one pino JSON object a line to
// the log file and the event port, and a short human line to the console.

import type { GuestEvent } from '../contract/events.ts';

/** What a line is about. */
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
	/** A line that is also part of the contract with `slipway run`. */
	event(event: GuestEvent, message: string): void;
	/** Lines, with their ends, for the console alone. */
	show(lines: string): void;
}
