// What has been told since the boot, for those who ask for it later, and for those who listen. The events themselves are
// in PID 1's log file, which outlives a crash; nothing is kept twice.

import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';

export class EventHistory {
	readonly #logFile: string;
	readonly #listeners = new Set<(event: GuestEventLine) => void>();

	/** @param logFile - when full it becomes NAME.1 and starts anew */
	constructor(logFile: string) {
		this.#logFile = logFile;
	}

	/** Each line of the log as it is written. */
	onLine(line: string): void {
		if (this.#listeners.size === 0) return;
		const event = eventOf(line);
		if (event === null) return;
		for (const listener of [...this.#listeners]) listener(event);
	}

	/** Oldest first. */
	past(): readonly GuestEventLine[] {
		return [`${this.#logFile}.1`, this.#logFile].flatMap((path) =>
			readTextOrEmpty(path)
				.split('\n')
				.map(eventOf)
				.filter((event) => event !== null),
		);
	}

	/** Gives the end of it. */
	listen(listener: (event: GuestEventLine) => void): () => void {
		// One asker twice is two listeners.
		const own = (event: GuestEventLine): void => listener(event);
		this.#listeners.add(own);
		return () => void this.#listeners.delete(own);
	}
}

/** Null for a line that tells no event; the last one may be half. */
function eventOf(line: string): GuestEventLine | null {
	if (!line.includes('"event":')) return null;
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === 'object' && value !== null && 'event' in value ? (value as GuestEventLine) : null;
	} catch {
		return null;
	}
}
