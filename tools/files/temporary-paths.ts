// Temporary files and directories: their names, and their removal when a signal ends the command, or by the next build when
// nothing could (kill -9, a power failure). Otherwise the code that creates a path removes it.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { endAs, onEarlyEnd } from './early-end.ts';
import { processName, systemName } from './process-name.ts';

/** The paths that exist now. A path is added before it is created, and deleted after it is removed or renamed. */
export type TemporaryPaths = Set<string>;

/**
 * Returns a new path in the directory and adds it to `temporary`. `slipway cache prune` knows such names: it removes what a
 * killed process has left in the store.
 */
export function temporaryPath(folder: string, temporary: TemporaryPaths): string {
	const path = join(folder, `.slipway-${ownName()}-${randomUUID()}`);
	temporary.add(path);
	return path;
}

/** A leftover of which nobody here can tell whether its process still runs stays for a day. */
const foreignLeftoverMs = 24 * 60 * 60 * 1000;

/** The name of the process, if it is known, and a UUID: see `temporaryPath()`. */
const temporaryName = /^\.slipway-(?:(([0-9a-f]{8})\.(\d+)\.\d+)-)?[0-9a-f-]{36}$/;

/** Removes what killed processes have left in the directory. What a running process uses stays. Ignores failures. */
export async function removeLeftovers(folder: string): Promise<void> {
	for (const name of await readdir(folder).catch(() => [])) {
		const parts = temporaryName.exec(name);
		if (parts === null) continue;
		const [, owner, system, pid] = parts;
		const path = join(folder, name);
		const isLeft = system === systemName() ? owner !== processName(Number(pid)) : await isOld(path);
		if (isLeft) await rm(path, { recursive: true, force: true }).catch(() => undefined);
	}
}

async function isOld(path: string): Promise<boolean> {
	const info = await lstat(path).catch(() => null);
	return info !== null && Date.now() - info.mtimeMs > foreignLeftoverMs;
}

let own: string | null = null;

function ownName(): string {
	own ??= processName(process.pid) ?? `${systemName()}.${process.pid}.0`;
	return own;
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
		makeFolder(dirname(folder), 0o777);
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
