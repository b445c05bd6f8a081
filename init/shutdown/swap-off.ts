// Swap is turned off before the end: a file system that holds a swap file can't be unmounted, and would be left dirty.

import { join } from 'node:path';
import { unescapeOctal } from '../../native/linux/mountinfo.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';

/** The files and devices of /proc/swaps (proc(5)); none where the kernel has no swap. */
export function readSwaps(path = '/proc/swaps'): string[] {
	return readTextOrEmpty(path, 'latin1')
		.split('\n')
		.slice(1)
		.map((line) => unescapeOctal(line.split(/\s/, 1)[0] ?? ''))
		.filter((name) => name !== '');
}

/**
 * Each is tried. What was swapped out comes back into memory, which by now has room: the processes are gone.
 *
 * What a container has given is told by its path within the file system, as that container's mounts are gone: a file is
 * looked for on all disks then, a device (`/dm-0`) in /dev. swapoff(2) of what is no swap does nothing (EINVAL).
 *
 * @param disks - where file systems of disks are mounted
 */
export function swapOffAll(
	native: Pick<Native, 'swapoff'>,
	log: Log,
	paths: readonly string[],
	disks: readonly string[],
): void {
	for (const path of paths) {
		const errors: unknown[] = [];
		const isOff = [path, ...[...disks, '/dev'].map((folder) => join(folder, path))].some((place) => {
			try {
				native.swapoff(place);
				return true;
			} catch (error) {
				errors.push(error);
				return false;
			}
		});
		if (!isOff) log.warn({ stage: 'shutdown' }, `${path} is still swapped to: ${errors.join(', ')}`);
	}
}
