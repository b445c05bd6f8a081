// Starts a program whose output nobody reads: the stream is closed before the program runs, however slow the machine is.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** The program has no input. */
export function spawnWithoutReader(
	program: string,
	args: readonly string[],
	closed: 'stdout' | 'stderr',
	env: NodeJS.ProcessEnv = process.env,
): ChildProcessWithoutNullStreams {
	const words = ['-c', 'read -r line; exec "$@" </dev/null', 'sh', program, ...args];
	const child = spawn('sh', words, { stdio: ['pipe', 'pipe', 'pipe'], env });
	child[closed].destroy();
	child.stdin.end('\n');
	return child;
}
