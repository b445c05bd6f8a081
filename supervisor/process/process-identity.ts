// Signals to a process that may have ended meanwhile. A pid alone could by then name another process, so that
// it is kept together with the time at which its process started (proc_pid_stat(5), field 22).

import { constants as osConstants } from 'node:os';
import { readProcessStat } from '../../native/linux/proc-stat.ts';
import type { Native } from '../../native/native.ts';

export interface ProcessIdentity {
	readonly pid: number;
	/** Clock ticks since boot, as the kernel writes it. */
	readonly startTicks: string;
}

/** Null when there is no such process. */
export function identifyProcess(pid: number): ProcessIdentity | null {
	const stat = readProcessStat(pid);
	return stat === null ? null : { pid, startTicks: stat.startTicks };
}

/** False when the process is gone. */
export function signalProcess(
	native: Pick<Native, 'kill'>,
	process: ProcessIdentity,
	signal: NodeJS.Signals,
): boolean {
	if (identifyProcess(process.pid)?.startTicks !== process.startTicks) return false;
	try {
		native.kill(process.pid, osConstants.signals[signal]);
		return true;
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
		throw error;
	}
}
