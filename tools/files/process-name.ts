// Names a process so that no later one has its name: a number alone may be another process's by now.

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readProcessStat } from '../../native/linux/proc-stat.ts';

/**
 * Returns `SYSTEM.PID.START`; null when no process with this number runs. A killed one of which nobody has taken notice does not: in a
 * container without an init that waits for orphans, it would hold what it has held for good.
 */
export function processName(pid: number): string | null {
	const stat = readProcessStat(pid);
	return stat === null || stat.isZombie ? null : `${systemName()}.${pid}.${stat.startTicks}`;
}

/** Reports whether the process that `processName` named still runs, seen from the same system. */
export function isRunning(name: string): boolean {
	return processName(Number(name.split('.')[1])) === name;
}

/** Names the boot and the namespace in which a process id means something. */
export function systemName(): string {
	const parts = [
		() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
		() => readlinkSync('/proc/self/ns/pid'),
	].map((read) => {
		try {
			return read();
		} catch {
			return '';
		}
	});
	return createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 8);
}
