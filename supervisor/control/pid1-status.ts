// What PID 1 itself costs and holds: the memory and the descriptors of its process. For soak tests, and for whoever
// wonders.

import { readdirSync } from 'node:fs';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Pid1Status } from '../contract/protocol.ts';

/** @param collect - after a garbage collection, which takes some milliseconds: what is then left is really held */
export function readPid1Status(collect: boolean): Pid1Status {
	if (collect) collectGarbage();
	const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
	return {
		residentBytes: rss,
		heapUsedBytes: heapUsed,
		heapTotalBytes: heapTotal,
		externalBytes: external,
		heapCodeBytes: usedIn('code') + usedIn('trusted'),
		heapLimitBytes: getHeapStatistics().heap_size_limit,
		// Without the one that is open to list them.
		openFiles: readdirSync('/proc/self/fd').length - 1,
	};
}

/** V8 keeps code and what describes it in spaces of their own, those for large objects included. */
function usedIn(kind: 'code' | 'trusted'): number {
	return getHeapSpaceStatistics()
		.filter(({ space_name }) => space_name.startsWith(`${kind}_`))
		.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

let gc: (() => void) | null = null;

/** Not by `--expose-gc` at the start: with other flags than at the build V8 would refuse the code cache. */
function collectGarbage(): void {
	if (gc === null) {
		setFlagsFromString('--expose-gc');
		gc = runInNewContext('gc') as () => void;
	}
	gc();
}
