// A small machine's memory goes to who asks for it (Documentation/admin-guide/mm/transhuge.rst). By default a kernel of
// Debian's gives 2 MB where a program touches 4 KB, and withholds a twentieth of the memory, 50 MB of 1 GB, so that such
// pages can be had at any time (`set_recommended_min_free_kbytes` in mm/khugepaged.c).

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isFirstPidNamespace } from '../../process/first-pid-namespace.ts';
import { done, type Stage, skipped } from '../stage.ts';

const hugePages = '/sys/kernel/mm/transparent_hugepage/enabled';
const reserve = '/proc/sys/vm/min_free_kbytes';
/** From here on a twentieth is never withheld, and what is, is little. */
const largeKilobytes = 4 * 1024 * 1024;

export const memoryStage: Stage = {
	name: 'memory',
	fatal: false,
	timeoutMs: 5_000,
	run() {
		if (!isFirstPidNamespace()) return skipped('it is the memory of another machine');
		const totalKilobytes = Number(/^MemTotal:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
		const reason = whyLeftAlone(readFileSync('/proc/cmdline', 'utf8'), totalKilobytes);
		if (reason !== null) return skipped(reason);
		// First, for to change it makes the kernel compute the reserve anew.
		if (existsSync(hugePages)) writeFileSync(hugePages, 'madvise');
		const kilobytes = usualReserveKilobytes(totalKilobytes);
		if (kilobytes < Number(readFileSync(reserve, 'utf8'))) writeFileSync(reserve, String(kilobytes));
		return done(`huge pages for who asks for them, ${kilobytes} kB in reserve`);
	},
};

/** Null where the machine is small and nobody has decided. */
export function whyLeftAlone(commandLine: string, totalKilobytes: number): string | null {
	if (/(^|\s)transparent_hugepage=/.test(commandLine)) return 'the command line names transparent_hugepage=';
	return totalKilobytes < largeKilobytes ? null : 'there is plenty';
}

/** `calculate_min_free_kbytes` in mm/page_alloc.c: what a kernel without huge pages keeps free. */
export function usualReserveKilobytes(totalKilobytes: number): number {
	return Math.min(Math.max(Math.floor(Math.sqrt(totalKilobytes * 16)), 128), 262_144);
}
