// Starts our own executable under another of its names: there is no other program that we could count on.

import { closeSync, openSync } from 'node:fs';
import type { Child, ChildProcesses } from '../../supervisor/context/child-processes.ts';

export function startSelf(children: ChildProcesses, args: readonly string[]): Child {
	const none = openSync('/dev/null', 'r+');
	try {
		return children.start({ path: '/proc/self/exe', args, env: [], stdio: [none, none, none] });
	} finally {
		closeSync(none);
	}
}
