// What must not stay behind when a signal ends a build. In every other case whoever made a path removes it itself.

import { rmSync } from 'node:fs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The paths that are there now; add before making, delete after removing or renaming. */
export type TemporaryPaths = Set<string>;

/** Does `work`; on a signal all temporary paths are removed, and then the signal does what it would have done. */
export async function removingOnSignals<T>(work: (temporary: TemporaryPaths) => Promise<T>): Promise<T> {
	const temporary: TemporaryPaths = new Set();
	const onSignal = (signal: NodeJS.Signals): void => {
		stop();
		for (const path of temporary) rmSync(path, { recursive: true, force: true });
		process.kill(process.pid, signal);
	};
	const stop = (): void => {
		for (const signal of signals) process.off(signal, onSignal);
	};
	for (const signal of signals) process.on(signal, onSignal);
	try {
		return await work(temporary);
	} finally {
		stop();
	}
}
