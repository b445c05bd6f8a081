import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { clearExports, cutExports, dynamicNames } from '../../../../tools/elf/cut-exports.ts';
import { gnuHash } from '../../../../tools/elf/gnu-hash.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** Offers a thousand functions, looks two of them up by name, and uses a variable of libc's (R_X86_64_COPY). */
const source = `
#include <dlfcn.h>
#include <stdio.h>
#define ONE(n) int cut_with_a_long_name_##n(void) { return n; }
#define TEN(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8) ONE(n##9)
#define HUNDRED(n) TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) TEN(n##7) TEN(n##8) TEN(n##9)
HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4) HUNDRED(5) HUNDRED(6) HUNDRED(7) HUNDRED(8) HUNDRED(9)
int kept_one(void) { return 41; }
int kept_two(void) { return 42; }
static int call(const char* name) {
	int (*function)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, name);
	return function == 0 ? -1 : function();
}
int main(void) {
	fprintf(stdout, "%d %d %d\\n", call("kept_one"), call("kept_two"), call("cut_with_a_long_name_100"));
	return 0;
}
`;

async function compiled(t: ExecutionContext, ...options: readonly string[]): Promise<string> {
	const folder = scratchFolder(t);
	const program = join(folder, 'program');
	writeFileSync(`${program}.c`, source);
	const flags = ['-rdynamic', '-Wl,--hash-style=gnu', ...options];
	const built = await runProgram('gcc', [...flags, '-o', program, `${program}.c`, '-ldl']);
	t.is(built.exitCode, 0, built.stderr);
	return program;
}

const isCut = (name: string): boolean => name.startsWith('cut_');

test('cutExports() leaves a smaller program that runs, and offers the others as before', async (t) => {
	const program = await compiled(t, '-no-pie');
	t.is((await runProgram(program, [])).stdout, '41 42 100\n');
	const original = readFileSync(program);
	const before = Buffer.from(original);
	const cut = cutExports(original, isCut);
	t.deepEqual(original, before, 'what is handed in stays');
	t.true(cut.length < original.length - 30_000, `${original.length} and ${cut.length}`);
	writeFileSync(program, cut);
	chmodSync(program, 0o755);
	const ran = await runProgram(program, []);
	t.is(ran.stdout + ran.stderr, '41 42 -1\n');
	// GNU's reader of ELF files understands all that is left.
	const symbols = await runProgram('readelf', ['--use-dynamic', '--syms', '--wide', program]);
	t.regex(symbols.stdout, / kept_one$/m);
	t.regex(symbols.stdout, / stdout@GLIBC/);
	t.notRegex(symbols.stdout, /cut_with/);
});

test('clearExports() does the same with a program that patchelf has changed, whose size stays', async (t) => {
	const program = await compiled(t, '-no-pie', '-s');
	const patched = await runProgram('patchelf', ['--set-rpath', '/a/directory/of/libraries', program]);
	t.is(patched.exitCode, 0, patched.stderr);
	const original = readFileSync(program);
	t.true(dynamicNames(original).includes('cut_with_a_long_name_100'));
	const cleared = clearExports(original, isCut);
	t.is(cleared.length, original.length);
	t.false(cleared.includes('cut_with_a_long_name_101'));
	t.deepEqual(
		dynamicNames(cleared).toSorted(),
		dynamicNames(original)
			.filter((name) => !isCut(name))
			.toSorted(),
	);
	writeFileSync(program, cleared);
	const ran = await runProgram(program, []);
	t.is(ran.stdout + ran.stderr, '41 42 -1\n');
	const dynamic = await runProgram('patchelf', ['--print-rpath', program]);
	t.is(dynamic.stdout, '/a/directory/of/libraries\n');
});

test('cutExports() gives a program back as it is when nothing of it goes', async (t) => {
	const original = readFileSync(await compiled(t, '-no-pie'));
	t.is(
		cutExports(original, () => false),
		original,
	);
});

const refuses = test.macro({
	async exec(t, options: readonly string[], message: RegExp) {
		const program = readFileSync(await compiled(t, ...options));
		t.throws(() => cutExports(program, isCut), { name: 'UnknownElf', message });
	},
	title: (_, options: readonly string[]) => `cutExports() refuses a program made with ${options.join(' ')}`,
});

test(refuses, ['-pie', '-fPIE'], /addresses are not fixed/);
test(refuses, ['-static', '-no-pie'], /linked statically/);
test(refuses, ['-no-pie', '-Wl,--hash-style=both'], /old hash table/);

test('cutExports() refuses what is no program', (t) => {
	t.throws(() => cutExports(Buffer.from('#!/bin/sh\n'), isCut), {
		name: 'UnknownElf',
		message: /no ELF program/,
	});
});

test('gnuHash() of the names in the format’s description', (t) => {
	t.deepEqual(
		['', 'printf', 'exit', 'syscall', 'flapenguin.me'].map((name) => gnuHash(name).toString(16)),
		['1505', '156b2bb8', '7c967e3f', 'bac212a0', '8ae9f18e'],
	);
});
