// Reads what a container's cgroup uses (Documentation/admin-guide/cgroup-v2.rst: memory.current, cpu.stat, pids.current).

import { join } from 'node:path';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { cgroupOf } from './memory-events.ts';

export interface CgroupUsage {
	/** All memory that is charged to the cgroup, the page cache of its files included; null when it is not known. */
	readonly memoryBytes: number | null;
	/** The time on processors since the cgroup was made, in user and kernel mode. */
	readonly cpuSeconds: number | null;
	/** Processes and threads. */
	readonly tasks: number | null;
}

const nothing: CgroupUsage = { memoryBytes: null, cpuSeconds: null, tasks: null };

/**
 * @param root - the mount point of cgroup version 2
 * @param pid - the container's first process, or null when it has none
 */
export function cgroupUsage(root: string, pid: number | null): CgroupUsage {
	const cgroup = pid === null ? null : cgroupOf(pid);
	// The root's own cgroup has the whole system in it.
	if (cgroup === null || cgroup === '/') return nothing;
	const folder = join(root, cgroup);
	const micros = /^usage_usec (\d+)$/m.exec(readTextOrEmpty(join(folder, 'cpu.stat')))?.[1];
	return {
		memoryBytes: wholeNumber(join(folder, 'memory.current')),
		cpuSeconds: micros === undefined ? null : Number(micros) / 1e6,
		tasks: wholeNumber(join(folder, 'pids.current')),
	};
}

function wholeNumber(path: string): number | null {
	const text = readTextOrEmpty(path).trim();
	return /^\d+$/.test(text) ? Number(text) : null;
}
