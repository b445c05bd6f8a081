// A lock between processes: a file that only one of them can create. A process that dies leaves the file, so the holder
// touches it, and a file that nobody has touched for ten seconds is removed.

import { open, rm, stat, utimes } from 'node:fs/promises';
import { hasCode } from '../../native/linux/has-code.ts';
import type { TemporaryPaths } from './temporary-paths.ts';

const staleLockMs = 10_000;
const retryMs = 20;

/** Waits for the lock, then holds it while `work` runs. The directory of `path` must exist. */
export async function withFileLock<T>(
	path: string,
	temporary: TemporaryPaths,
	work: () => Promise<T>,
): Promise<T> {
	while (!(await tryLock(path))) {
		await breakStaleLock(path);
		await new Promise((resolve) => setTimeout(resolve, retryMs));
	}
	temporary.add(path);
	const touching = setInterval(() => void touch(path), staleLockMs / 5);
	try {
		return await work();
	} finally {
		clearInterval(touching);
		// Before the file is removed: from then on it may be another process's.
		temporary.delete(path);
		await rm(path, { force: true });
	}
}

async function touch(path: string): Promise<void> {
	const now = new Date();
	await utimes(path, now, now).catch(() => undefined);
}

async function tryLock(path: string): Promise<boolean> {
	try {
		await (await open(path, 'wx')).close();
		return true;
	} catch (error) {
		if (!hasCode(error, 'EEXIST')) throw error;
		return false;
	}
}

/**
 * Only one process at a time checks and removes; a second one could remove the lock of the next holder. One that dies in
 * between delays the others by another ten seconds.
 */
async function breakStaleLock(path: string): Promise<void> {
	if (!(await isStale(path))) return;
	const breaking = `${path}.breaking`;
	if (!(await tryLock(breaking))) {
		if (await isStale(breaking)) await rm(breaking, { force: true });
		return;
	}
	try {
		if (await isStale(path)) await rm(path, { force: true });
	} finally {
		await rm(breaking, { force: true });
	}
}

async function isStale(path: string): Promise<boolean> {
	const held = await stat(path).catch(() => null);
	return held !== null && Date.now() - held.mtimeMs > staleLockMs;
}
