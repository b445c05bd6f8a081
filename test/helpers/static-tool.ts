// Small static programs of tests, which run in any guest and any container.

import { resolve } from 'node:path';
import { replaceFile } from '../../tools/files/replace-file.ts';
import { runProgram } from './program.ts';

/** Compiles a source file and returns the program's path, in build/test. Two test files may compile the same one at once. */
export async function compileStatic(source: string, name: string): Promise<string> {
	const program = resolve('build/test', name);
	await replaceFile(program, new Set(), async (file) => {
		const flags = ['-std=c++17', '-O2', '-static', '-s', '-Wall', '-Wextra', '-Werror', '-o', file];
		const compiled = await runProgram(process.env['CXX'] ?? 'g++', [...flags, resolve(source)]);
		if (compiled.exitCode !== 0) throw new Error(compiled.stderr);
	});
	return program;
}
