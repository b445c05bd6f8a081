// Sends signals to a process that may have ended already. A pid alone may name another process by then, so it is kept
// together with the time at which its process started (proc_pid_stat(5), field 22).

import { hasCode } from '../../native/linux/has-code.ts';
import { readProcessStat } from '../../native/linux/proc-stat.ts';
import type { Native } from '../../native/native.ts';
import { signalNumber } from '../contract/signals.ts';

export interface ProcessIdentity {
	readonly pid: number;
	/** The start time in clock ticks since boot, as the kernel writes it. */
	readonly startTicks: string;
}

/** Returns null when there is no such process. */
export function identifyProcess(pid: number): ProcessIdentity | null {
	const stat = readProcessStat(pid);
	return stat === null ? null : { pid, startTicks: stat.startTicks };
}

/** Returns false when the process has ended. Throws `SyscallError` for other failures, also for an unknown signal. */
export function signalProcess(
	native: Pick<Native, 'kill'>,
	process: ProcessIdentity,
	signal: string,
): boolean {
	if (identifyProcess(process.pid)?.startTicks !== process.startTicks) return false;
	try {
		native.kill(process.pid, signalNumber(signal) ?? -1);
		return true;
	} catch (error) {
		if (hasCode(error, 'ESRCH')) return false;
		throw error;
	}
}
