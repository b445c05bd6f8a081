// Turns swap off before the end: a file system that holds a swap file can't be unmounted, and would stay dirty.

import { join } from 'node:path';
import { unescapeOctal } from '../../native/linux/mountinfo.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';

/** Returns the files and devices of /proc/swaps (proc(5)); none when the kernel has no swap. */
export function readSwaps(path = '/proc/swaps'): string[] {
	return readTextOrEmpty(path, 'latin1')
		.split('\n')
		.slice(1)
		.map((line) => unescapeOctal(line.split(/\s/, 1)[0] ?? ''))
		.filter((name) => name !== '');
}

/**
 * Tries each, and logs those that stay on. The processes are gone, so memory has room for what was swapped out.
 *
 * The kernel names the swap of a container that is gone by its path within the file system. A file is therefore tried on
 * all disks, and a device (`/dm-0`) in /dev. swapoff(2) of a file that is no swap does nothing (EINVAL).
 *
 * @param disks - the mount points of disks
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
