// Parses /proc/PID/stat: proc_pid_stat(5).

import { readFileSync } from 'node:fs';

/** include/linux/sched.h */
const PF_KTHREAD = 0x00200000;

export interface ProcessStat {
	/** The name that the process gives itself. */
	readonly name: string;
	readonly parentPid: number;
	readonly isKernelThread: boolean;
	/** Every thread has ended, and nobody has waited for the process yet. */
	readonly isZombie: boolean;
	/** The time at which the process started, in clock ticks since boot, as the kernel writes it. */
	readonly startTicks: string;
}

/** Returns null when there is no such process. */
export function readProcessStat(pid: number): ProcessStat | null {
	try {
		return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
	} catch {
		return null;
	}
}

/** Returns null when the text is not complete. Reads `pid (comm) state ppid …`: comm may hold spaces and parentheses. */
export function parseProcessStat(text: string): ProcessStat | null {
	// The fields from the third one on.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	const [state, parent, flags, threads, startTicks] = [3, 4, 9, 20, 22].map((field) => fields[field - 3]);
	if (parent === undefined || startTicks === undefined) return null;
	return {
		name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
		parentPid: Number(parent),
		isKernelThread: (Number(flags) & PF_KTHREAD) !== 0,
		// The first thread alone may have ended: it is shown as a zombie, and the others run.
		isZombie: state === 'Z' && Number(threads) <= 1,
		startTicks,
	};
}

/** Returns null when there is no such process. */
export function parentOf(pid: number): number | null {
	return readProcessStat(pid)?.parentPid ?? null;
}
