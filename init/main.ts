// One executable, several programs: which one is told by the name it is called by. PID 1's story is in pid1.ts.

import { basename } from 'node:path';
import { applets } from '../pkg/applets.ts';
import { programs } from './programs.ts';
import { runProgram } from './run-program.ts';
import { keepInspectorClosed } from './signals.ts';

void main(basename(process.argv0), process.argv.slice(2));

async function main(name: string, args: readonly string[]): Promise<void> {
	const program = programs.get(name) ?? applets.get(name);
	if (name === 'init') await init(args);
	else if (program !== undefined) process.exitCode = await runProgram(name, program, args);
	else refuse(name);
}

/** Never PID 1's work by mistake: in a pid namespace of its own every container's first process is PID 1. */
function refuse(name: string): void {
	const known = [...programs.keys(), ...applets.keys()].sort().join(', ');
	console.error(
		`${name}: /init of this system has no program of this name. It has: ${known}. ` +
			'The package that calls it wants another version of the init image.',
	);
	process.exitCode = 1;
}

async function init(args: readonly string[]): Promise<void> {
	if (process.pid !== 1) {
		console.error('init: must be started as PID 1. To end the system call poweroff, reboot or halt.');
		process.exitCode = 1;
		return;
	}
	keepInspectorClosed();
	// The last resort: PID 1 that ends is a kernel panic, and one that only waits can still be read.
	const neverEnd = setInterval(() => undefined, 3_600_000);
	try {
		const { runPid1 } = await import('./pid1.ts');
		await runPid1(args.includes('--resumed'));
		clearInterval(neverEnd);
	} catch (error) {
		console.error('init: PID 1 could not be started; it waits for a reset.', error);
	}
}
