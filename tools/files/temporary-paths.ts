// Temporary files and directories: their names, and their removal when a signal ends the command. Otherwise the code that
// creates a path removes it.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { endAs, onEarlyEnd } from './early-end.ts';

/** The paths that exist now. A path is added before it is created, and deleted after it is removed or renamed. */
export type TemporaryPaths = Set<string>;

/**
 * Returns a new path in the directory and adds it to `temporary`. `slipway cache prune` knows such names: it removes what a
 * killed process has left in the store.
 */
export function temporaryPath(folder: string, temporary: TemporaryPaths): string {
	const path = join(folder, `.slipway-${randomUUID()}`);
	temporary.add(path);
	return path;
}

/**
 * Creates a directory for as long as `work` runs.
 *
 * @param start - the start of its path, to which a unique name is added
 */
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

/** Runs `work`. On an early end of the process it removes all temporary paths before the process ends. */
export async function removingOnSignals<T>(work: (temporary: TemporaryPaths) => Promise<T>): Promise<T> {
	const temporary: TemporaryPaths = new Set();
	const stop = onEarlyEnd((reason) => {
		stop();
		for (const path of temporary) rmSync(path, { recursive: true, force: true });
		endAs(reason);
	});
	try {
		return await work(temporary);
	} finally {
		stop();
	}
}
