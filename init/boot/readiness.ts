// When the system is ready: all onboot containers have ended and every service is ready (or, where it can't be
// asked, runs). Read off the events that the
// supervisor tells anyway.

import type { GuestEvent } from '../../supervisor/contract/events.ts';

export class Readiness {
	readonly #services = new Map<string, boolean>();
	#startedAll = false;
	#told = false;
	readonly #onReady: () => void;

	constructor(onReady: () => void) {
		this.#onReady = onReady;
	}

	note(event: GuestEvent): void {
		if (event.event !== 'service') return;
		this.#services.set(event.name, event.ready === true);
		this.#check();
	}

	/** Every service has been started once. One that failed then may still come up later. */
	noteAllStarted(): void {
		this.#startedAll = true;
		this.#check();
	}

	/** Services that are not ready, by name. */
	missing(): string[] {
		return [...this.#services].filter(([, ready]) => !ready).map(([name]) => name);
	}

	#check(): void {
		if (this.#told || !this.#startedAll || this.missing().length > 0) return;
		this.#told = true;
		this.#onReady();
	}
}
