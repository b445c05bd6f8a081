// Whether the kernel has killed for want of memory in a container's cgroup (cgroup v2, Documentation/admin-guide/
// cgroup-v2.rst, memory.events).

import { join } from 'node:path';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';

/** The container's cgroup below the mount of cgroup v2; null where there is none. */
export function cgroupOf(pid: number): string | null {
	const line = /^0::(\/.*)$/m.exec(readTextOrEmpty(`/proc/${pid}/cgroup`));
	return line?.[1] ?? null;
}

/** In words to follow how a container has ended; empty where memory was no reason. Before the cgroup is removed. */
export function wantOfMemory(root: string, cgroup: string | null): string {
	if (cgroup === null) return '';
	const folder = join(root, cgroup);
	const kills = Number(/^oom_kill (\d+)$/m.exec(readTextOrEmpty(join(folder, 'memory.events')))?.[1] ?? 0);
	if (kills === 0) return '';
	const max = readTextOrEmpty(join(folder, 'memory.max')).trim();
	const limit = /^\d+$/.test(max)
		? `it had ${Math.round(Number(max) / 2 ** 20)} MiB`
		: 'the system had none left';
	return `; killed for want of memory (${limit})`;
}
