// The memory that programs may still take without swapping: `MemAvailable` of proc_meminfo(5).

import { readTextOrEmpty } from './read-text.ts';

/** Returns 0 where it is not to be read. */
export function availableMemoryBytes(memoryInfo = readTextOrEmpty('/proc/meminfo')): number {
	return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(memoryInfo)?.[1] ?? 0) * 1024;
}
