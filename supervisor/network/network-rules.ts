// The rules of the services' networks (publish.ts) over the life of the system: no service with a network starts while they are not in
// force, because nothing would keep its network from others.

import { NetworkError } from './container-network.ts';

export interface NetworkRules {
	/** Loads the rules of the bundles that are there now. Never rejects. */
	load(): Promise<void>;
	/** Loads them, too. Throws `NetworkError` when they are not in force. */
	renew(): Promise<void>;
	/** Returns when they are loaded, and tries it again when they could not be. Throws `NetworkError`. */
	require(): Promise<void>;
}

/** @param report - is told each time that they could not be loaded */
export function createNetworkRules(
	publish: () => Promise<void>,
	report: (error: NetworkError) => void,
): NetworkRules {
	// Undefined before the first attempt.
	let failure: NetworkError | null | undefined;
	let running: Promise<void> | null = null;
	async function attempt(): Promise<void> {
		try {
			await publish();
			failure = null;
		} catch (error) {
			failure = new NetworkError('load the rules of its networks', error);
			report(failure);
		}
		running = null;
	}
	async function load(): Promise<void> {
		if (running !== null) await running;
		running ??= attempt();
		await running;
	}
	return {
		load,
		async renew() {
			await load();
			if (failure != null) throw failure;
		},
		async require() {
			if (failure === null) return;
			// Services that start at the same time share one attempt.
			running ??= attempt();
			await running;
			if (failure != null) throw failure;
		},
	};
}
