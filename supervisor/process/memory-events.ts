// Finds out whether the kernel has killed a process of a container's cgroup because memory ran out (memory.events in
// Documentation/admin-guide/cgroup-v2.rst).

import { join } from 'node:path';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';

/** Returns the process's cgroup, relative to the mount of cgroup v2, or null when it has none. */
export function cgroupOf(pid: number): string | null {
	const line = /^0::(\/.*)$/m.exec(readTextOrEmpty(`/proc/${pid}/cgroup`));
	return line?.[1] ?? null;
}

/**
 * Returns a text to append to the reason of a container's end, or an empty one when memory was not the cause. It reads the
 * cgroup, which must still exist.
 */
export function outOfMemoryNote(root: string, cgroup: string | null): string {
	if (cgroup === null) return '';
	const folder = join(root, cgroup);
	const kills = Number(/^oom_kill (\d+)$/m.exec(readTextOrEmpty(join(folder, 'memory.events')))?.[1] ?? 0);
	if (kills === 0) return '';
	const max = readTextOrEmpty(join(folder, 'memory.max')).trim();
	const limit = /^\d+$/.test(max)
		? `its limit is ${Math.round(Number(max) / 2 ** 20)} MiB`
		: 'the system has none left';
	return `; killed because it is out of memory (${limit})`;
}
