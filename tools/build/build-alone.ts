// Lets one process at a time build in a folder: the steps of a build have files of fixed names there. Two tests that build PID 1's
// executable may run at the same moment.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from '../files/file-lock.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';

/** Waits for the builds of other processes in `folder`, then calls `work`. */
export async function buildAlone<T>(folder: string, work: () => Promise<T>): Promise<T> {
	await mkdir(folder, { recursive: true });
	return await removingOnSignals((temporary) => withFileLock(join(folder, 'lock'), temporary, work));
}
