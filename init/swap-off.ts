// Swap is turned off before the end: a file system that holds a swap file can't be unmounted, and would be left dirty.

import { readFileSync } from 'node:fs';
import type { Native } from '../native/native.ts';
import type { Log } from '../supervisor/log.ts';
import { unescapeOctal } from './mount-info.ts';

/** The files and devices of /proc/swaps (proc(5)); none where the kernel has no swap. */
export function readSwaps(path = '/proc/swaps'): string[] {
	return textOf(path)
		.split('\n')
		.slice(1)
		.map((line) => unescapeOctal(line.split(/\s/, 1)[0] ?? ''))
		.filter((name) => name !== '');
}

/** Each is tried. What was swapped out comes back into memory, which by now has room: the processes are gone. */
export function swapOffAll(native: Native, log: Log, paths: readonly string[]): void {
	for (const path of paths) {
		try {
			native.swapoff(path);
		} catch (error) {
			log.warn({ stage: 'shutdown' }, `${path} is still swapped to: ${String(error)}`);
		}
	}
}

function textOf(path: string): string {
	try {
		return readFileSync(path, 'latin1');
	} catch {
		return '';
	}
}
