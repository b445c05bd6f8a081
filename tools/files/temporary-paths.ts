// What must not stay behind when a signal ends a command. In every other case whoever made a path removes it itself.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The paths that are there now; add before making, delete after removing or renaming. */
export type TemporaryPaths = Set<string>;

/** A new folder for as long as `work` takes. @param start - of its path, to which a name of its own is added */
export async function inTemporaryFolder<T>(
	start: string,
	temporary: TemporaryPaths,
	work: (folder: string) => Promise<T>,
): Promise<T> {
	const folder = `${start}${randomUUID()}`;
	temporary.add(folder);
	try {
		await mkdir(dirname(folder), { recursive: true });
		await mkdir(folder, { mode: 0o700 });
		return await work(folder);
	} finally {
		await rm(folder, { recursive: true, force: true });
		temporary.delete(folder);
	}
}

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
