// Parses /proc/PID/stat: proc_pid_stat(5).

import { readFileSync } from 'node:fs';

export interface ProcessStat {
	readonly parentPid: number;
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
	const [parent, startTicks] = [fields[4 - 3], fields[22 - 3]];
	return parent === undefined || startTicks === undefined ? null : { parentPid: Number(parent), startTicks };
}

/** Returns null when there is no such process. */
export function parentOf(pid: number): number | null {
	return readProcessStat(pid)?.parentPid ?? null;
}
