// A `Log` that keeps what was said.

import type { Log } from '../../supervisor/context/log.ts';
import type { GuestEvent } from '../../supervisor/contract/events.ts';

export interface FakeLog {
	readonly log: Log;
	/** `level message`. */
	readonly lines: string[];
	readonly events: GuestEvent[];
	/** The text of each event. */
	readonly messages: string[];
}

export function fakeLog(): FakeLog {
	const lines: string[] = [];
	const events: GuestEvent[] = [];
	const messages: string[] = [];
	const at = (level: string) => (_: unknown, message: string) => {
		lines.push(`${level} ${message}`);
	};
	return {
		lines,
		events,
		messages,
		log: {
			debug: at('debug'),
			info: at('info'),
			warn: at('warn'),
			error: at('error'),
			event(event, message) {
				events.push(event);
				messages.push(message);
			},
			show: at('show').bind(null, null),
		},
	};
}
