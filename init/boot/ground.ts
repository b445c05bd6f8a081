// Mounts what PID 1 needs before the first stage: /proc for the crash guard, /run for state that outlives a crash, /dev
// for the console and the event port, /sys for the port's name. The root stage moves them to the new root.

import { writeFileSync } from 'node:fs';
import { parseMountInfo } from '../../native/linux/mountinfo.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import { applyMounts } from '../mounts/apply-mounts.ts';
import { mountTable } from '../mounts/mount-table.ts';

/** Returns the failures, each with its reason. */
export function prepareGround(native: Pick<Native, 'mount' | 'constants'>): readonly string[] {
	const umask = process.umask(0);
	try {
		const rows = mountTable.filter((row) => row.need === 'ground');
		// One at a time: what is mounted already shows only when /proc, the first of them, is there.
		return rows.flatMap((row) => {
			const present = parseMountInfo(readTextOrEmpty('/proc/self/mountinfo', 'latin1'));
			return applyMounts(native, [row], present).failures;
		});
	} finally {
		process.umask(umask);
	}
}

/**
 * Protects PID 1 from the kernel's OOM killer (proc_pid_oom_score_adj(5)). A child would inherit that, so the reaper sets
 * each child's own. Returns null, or the reason why PID 1 is not protected.
 */
export function protectFromOomKiller(): string | null {
	try {
		writeFileSync('/proc/self/oom_score_adj', '-1000');
		return null;
	} catch (error) {
		return `PID 1 may be killed when memory is short: ${String(error)}`;
	}
}
