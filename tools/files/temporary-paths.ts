// What must not stay behind when a signal ends a command. In every other case whoever made a path removes it itself.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { endAs, onEarlyEnd } from './early-end.ts';

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

/** Does `work`. On an early end of the process it removes all temporary paths before the process ends. */
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
