// Chooses the inputs that the repository keeps: few and short ones that together reach what all of them reach. Those that
// are kept already come first, so that a run changes only what it must.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuiltTarget } from './build-target.ts';

/** Loading a second instrumented bundle needs a process of its own: the counters are global. */
export async function minimise({ name, script, counterCount }: BuiltTarget): Promise<void> {
	const program = join(import.meta.dirname, 'minimise-worker.ts');
	const { stdout } = await promisify(execFile)(process.execPath, [
		'--no-warnings',
		program,
		name,
		script,
		String(counterCount),
	]);
	process.stdout.write(stdout);
}
