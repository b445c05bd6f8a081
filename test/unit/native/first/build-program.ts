import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

const flags = ['-Os', '-Wall', '-Wextra', '-Werror', '-fsanitize=undefined,address', '-D_GNU_SOURCE'];

/** Compiles NAME.c beside this file, which calls a part of the first program, and returns the path of the program. */
export function buildProgram(t: ExecutionContext, name: string, folder: string): string {
	const program = join(folder, name);
	const source = join(import.meta.dirname, `${name}.c`);
	const { status, stderr } = spawnSync('gcc', [...flags, '-o', program, source], { encoding: 'utf8' });
	t.is(status, 0, stderr);
	return program;
}
