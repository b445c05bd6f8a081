// The events since the boot, and a subscription to the next ones. It reads past events from PID 1's log file, which
// outlives a crash, and keeps no copy.

import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';

export class EventHistory {
	readonly #logFile: string;
	readonly #listeners = new Set<(event: GuestEventLine) => void>();

	/** @param logFile - its predecessor, from before it was full, is NAME.1 */
	constructor(logFile: string) {
		this.#logFile = logFile;
	}

	/** To be called with each line of the log. */
	onLine(line: string): void {
		if (this.#listeners.size === 0) return;
		const event = eventOf(line);
		if (event === null) return;
		for (const listener of [...this.#listeners]) listener(event);
	}

	/** Returns the events in the log, oldest first. */
	past(): readonly GuestEventLine[] {
		return [`${this.#logFile}.1`, this.#logFile].flatMap((path) =>
			readTextOrEmpty(path)
				.split('\n')
				.map(eventOf)
				.filter((event) => event !== null),
		);
	}

	/** Calls `listener` for each new event. Returns a function that ends the subscription. */
	listen(listener: (event: GuestEventLine) => void): () => void {
		// A listener that subscribes twice has two subscriptions.
		const own = (event: GuestEventLine): void => listener(event);
		this.#listeners.add(own);
		return () => void this.#listeners.delete(own);
	}
}

/** Returns null for a line that is no event. The last line may be incomplete. */
function eventOf(line: string): GuestEventLine | null {
	if (!line.includes('"event":')) return null;
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === 'object' && value !== null && 'event' in value ? (value as GuestEventLine) : null;
	} catch {
		return null;
	}
}
