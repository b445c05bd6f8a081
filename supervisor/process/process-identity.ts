// Signals to a process that may have ended meanwhile. A pid alone could by then name another process, so that
// it is kept together with the time at which its process started (proc_pid_stat(5), field 22).

import { readFileSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import type { Native } from '../../native/native.ts';

export interface ProcessIdentity {
	readonly pid: number;
	/** Clock ticks since boot, as the kernel writes it. */
	readonly startTicks: string;
}

/** Null when there is no such process. */
export function identifyProcess(pid: number): ProcessIdentity | null {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The name in the second field may hold spaces and brackets; the fields after it hold none.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		const startTicks = fields[22 - 3];
		return startTicks === undefined ? null : { pid, startTicks };
	} catch {
		return null;
	}
}

/** False when the process is gone. */
export function signalProcess(native: Native, process: ProcessIdentity, signal: NodeJS.Signals): boolean {
	if (identifyProcess(process.pid)?.startTicks !== process.startTicks) return false;
	try {
		native.kill(process.pid, osConstants.signals[signal]);
		return true;
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
		throw error;
	}
}
