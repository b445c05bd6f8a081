// Decides when the system is ready: all onboot containers have ended, and every service is ready (or runs, when it has no
// probe). It follows the events that the supervisor emits.

import type { GuestEvent } from '../../supervisor/contract/events.ts';

export class Readiness {
	readonly #services = new Map<string, boolean>();
	#startedAll = false;
	#isReported = false;
	readonly #onReady: () => void;

	constructor(onReady: () => void) {
		this.#onReady = onReady;
	}

	note(event: GuestEvent): void {
		if (event.event !== 'service') return;
		this.#services.set(event.name, event.ready === true);
		this.#check();
	}

	/** To be called when every service has been started once. One that failed may still become ready later. */
	noteAllStarted(): void {
		this.#startedAll = true;
		this.#check();
	}

	/** Returns the names of the services that are not ready. */
	missing(): string[] {
		return [...this.#services].filter(([, ready]) => !ready).map(([name]) => name);
	}

	#check(): void {
		if (this.#isReported || !this.#startedAll || this.missing().length > 0) return;
		this.#isReported = true;
		this.#onReady();
	}
}
