// Tells whether this process may use the terminal: one in the background is stopped when it reads it (SIGTTIN) or changes its
// mode (SIGTTOU).

import { readFileSync } from 'node:fs';

/** Reports whether the terminal's foreground group is this process's, or there is no job control. */
export function isInForeground(stat: string = readFileSync('/proc/self/stat', 'utf8')): boolean {
	// proc_pid_stat(5): behind the name are the state, the parent, the group, the session, the terminal and its foreground group.
	const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return foreground === '-1' || group === foreground;
}
