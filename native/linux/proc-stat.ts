// A process's parent, from /proc/PID/stat: proc_pid_stat(5).

import { readFileSync } from 'node:fs';

export function parentOf(pid: number): number | null {
	try {
		return parentInStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
	} catch {
		return null;
	}
}

/** `pid (comm) state ppid …`, where comm may hold blanks and parentheses. */
export function parentInStat(stat: string): number | null {
	const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return parent === undefined ? null : Number(parent);
}
