// Saves memory: that of huge pages on small machines, and PID 1's own when the boot is over. A full memory then ends in a kill, soon.
//
// By default Debian's kernel gives 2 MB to a program that touches 4 KB, and reserves a twentieth of the memory, 50 MB of
// 1 GB, so that such huge pages are available at any time (Documentation/admin-guide/mm/transhuge.rst,
// `set_recommended_min_free_kbytes` in mm/khugepaged.c).

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineWords } from '../../../native/linux/command-line-words.ts';
import { readTextOrEmpty } from '../../../native/linux/read-text.ts';
import { collectGarbage } from '../../../supervisor/process/collect-garbage.ts';
import { isFirstPidNamespace } from '../../process/first-pid-namespace.ts';
import { done, type Stage, skipped } from '../stage.ts';

const hugePages = '/sys/kernel/mm/transparent_hugepage/enabled';
const reserve = '/proc/sys/vm/min_free_kbytes';
/** A machine of this size and more reserves less than a twentieth, so nothing is changed. */
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
		// Huge pages come first: the kernel recomputes the reserve when they change.
		if (existsSync(hugePages)) writeFileSync(hugePages, 'madvise');
		const kilobytes = usualReserveKilobytes(totalKilobytes);
		if (kilobytes < Number(readFileSync(reserve, 'utf8'))) writeFileSync(reserve, String(kilobytes));
		return done(`huge pages on request only, ${kilobytes} kB in reserve`);
	},
	/** Gives up what only the boot needed: garbage, what the C library keeps, and pages of the program. */
	later({ native }) {
		if (isFirstPidNamespace()) endThrashing();
		collectGarbage();
		native.mallocTrim();
		native.unmapProgram();
	},
};

/**
 * A root that is read on demand is what the kernel drops first when the memory is full, and reads again at once: without this a program
 * that takes all memory is killed after minutes in which nothing else comes to run. The kernel looks for a victim when it can't keep what was
 * used in the last second (Documentation/admin-guide/mm/multigen_lru.rst, "Thrashing prevention"). During the boot a small machine may be that
 * short of memory and get over it. What an onboot container has chosen stays.
 */
export function endThrashing(folder = '/sys/kernel/mm/lru_gen'): void {
	const generations = join(folder, 'enabled');
	if (Number(readTextOrEmpty(generations) || 1) !== 0) return;
	writeFileSync(join(folder, 'min_ttl_ms'), '1000');
	writeFileSync(generations, 'y');
}

/** Returns the reason for which the settings stay as they are, null when they are to be changed. */
export function whyLeftAlone(commandLine: string, totalKilobytes: number): string | null {
	const words = commandLineWords(commandLine);
	if (words.some((word) => word.startsWith('transparent_hugepage=')))
		return 'the command line names transparent_hugepage=';
	return totalKilobytes < largeKilobytes ? null : 'there is plenty';
}

/** Returns the reserve of a kernel without huge pages: `calculate_min_free_kbytes` in mm/page_alloc.c. */
export function usualReserveKilobytes(totalKilobytes: number): number {
	return Math.min(Math.max(Math.floor(Math.sqrt(totalKilobytes * 16)), 128), 262_144);
}
