// Small static programs of tests, which run in any guest and any container.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { runProgram } from './program.ts';

/** Compiles a source file and returns the program's path, in build/test. */
export async function compileStatic(source: string, name: string): Promise<string> {
	const program = resolve('build/test', name);
	mkdirSync(resolve('build/test'), { recursive: true });
	const flags = ['-std=c++17', '-O2', '-static', '-s', '-Wall', '-Wextra', '-Werror', '-o', program];
	const compiled = await runProgram(process.env['CXX'] ?? 'g++', [...flags, resolve(source)]);
	if (compiled.exitCode !== 0) throw new Error(compiled.stderr);
	return program;
}
