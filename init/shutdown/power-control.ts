// Accepts requests to end the system, one at a time. The boot state records the shutdown that is under way, so PID 1
// goes on with it after a crash. shutdown.ts does the work.

import { errorMessage } from '../../native/text/error-message.ts';
import type { Log } from '../../supervisor/context/log.ts';
import type { BootState } from '../process/boot-state.ts';
import type { PowerAction } from '../process/power-action.ts';

export class PowerControl {
	readonly #state: BootState;
	readonly #log: Log;
	readonly #shutDown: (action: PowerAction) => Promise<void>;
	/** A shutdown runs in this process, not only in the boot state that an earlier PID 1 has left. */
	#isRunning = false;

	/** @param shutDown - sets `state.shutdown` before it returns; rejects when the system does not end */
	constructor(state: BootState, log: Log, shutDown: (action: PowerAction) => Promise<void>) {
		this.#state = state;
		this.#log = log;
		this.#shutDown = shutDown;
	}

	isEnding(): boolean {
		return this.#state.shutdown !== null;
	}

	/** @param origin - the sender of the request, for the log: a signal, `service`, the host, a container's failure */
	request(action: PowerAction, origin: string): void {
		if (this.#state.shutdown !== null) {
			const message = `${action} by ${origin}: a ${this.#state.shutdown} is under way already`;
			this.#log.info({ stage: 'shutdown' }, message);
			return;
		}
		this.#log.info({ stage: 'shutdown' }, `${action} by ${origin}`);
		this.#end(action);
	}

	/**
	 * Goes on with the shutdown that was under way when PID 1 crashed. Does nothing when there was none, and when one runs
	 * already: a request may have come since.
	 */
	resume(): void {
		if (this.#state.shutdown !== null && !this.#isRunning) this.#end(this.#state.shutdown);
	}

	#end(action: PowerAction): void {
		this.#isRunning = true;
		this.#shutDown(action).catch((error: unknown) => {
			this.#isRunning = false;
			this.#log.error({ stage: 'shutdown' }, `the ${action} failed: ${errorMessage(error)}`);
			// The next request starts a new shutdown.
			this.#state.shutdown = null;
			this.#state.shutdownProgress = null;
		});
	}
}
