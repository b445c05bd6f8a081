// The memory and the open files of PID 1's own process, for `service pid1` and soak tests.

import { readdirSync } from 'node:fs';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Pid1Status } from '../contract/protocol.ts';
import { collectGarbage } from '../process/collect-garbage.ts';

/** @param collect - collects garbage first, which takes some milliseconds, so that only memory in use is counted */
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
		// Excludes the descriptor that lists them.
		openFiles: readdirSync('/proc/self/fd').length - 1,
	};
}

/** V8 keeps code and its metadata in separate spaces, which include those for large objects. */
function usedIn(kind: 'code' | 'trusted'): number {
	return getHeapSpaceStatistics()
		.filter(({ space_name }) => space_name.startsWith(`${kind}_`))
		.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}
