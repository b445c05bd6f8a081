// The script `programs`: all programs of the executable but PID 1. The name of the call selects one.

import { basename } from 'node:path';
import { applets } from '../pkg/applets.ts';
import { programs } from './programs/programs.ts';
import { runProgram } from './programs/run-program.ts';

void main(basename(process.argv0), process.argv.slice(2));

async function main(name: string, args: readonly string[]): Promise<void> {
	const program = programs.get(name) ?? applets.get(name);
	if (program === undefined) refuse(name);
	else process.exitCode = await runProgram(name, program, args);
}

/** Never does PID 1's work by mistake: the first process of every container is PID 1 of its own pid namespace. */
function refuse(name: string): void {
	const known = [...programs.keys(), ...applets.keys()].sort().join(', ');
	console.error(
		`${name}: /init of this system has no program of this name. It has: ${known}. ` +
			'The package that calls it wants another version of the init image.',
	);
	process.exitCode = 1;
}
