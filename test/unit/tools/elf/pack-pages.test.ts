import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findCode, type PageRun, packPages, pageBytes } from '../../../../tools/elf/pack-pages.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { type SmallElfOptions, smallElf } from '../../../helpers/small-elf.ts';

/** Has pages of code and of constants, looks at all of them, and ends by a function of atexit(3), which the stub must not lose. */
const source = `
#include <stdio.h>
#include <stdlib.h>
#define EIGHT(m, x) m(x##0) m(x##1) m(x##2) m(x##3) m(x##4) m(x##5) m(x##6) m(x##7)
#define FUNCTION(x) __attribute__((noinline, aligned(4096))) static long f##x(long n) { return n * 3 + 0x##x; }
#define CALL(x) sum = f##x(sum);
EIGHT(FUNCTION, 1) EIGHT(FUNCTION, 2)
static const int table[20000] = {[0] = 1, [5000] = 2, [10000] = 3, [19999] = 4};
static int written[3000] = {5};
static void bye(void) { puts("bye"); }
int main(int argc, char **argv) {
  long sum = argc;
  volatile const int *constants = table;
  EIGHT(CALL, 1) EIGHT(CALL, 2)
  for (int at = 0; at < 20000; at++) sum += constants[at];
  written[2999] = 6;
  atexit(bye);
  printf("%s %ld %d\\n", argv[1], sum, written[0] + written[2999]);
  return 3;
}
`;

async function compiled(t: ExecutionContext, ...options: readonly string[]): Promise<string> {
	const folder = scratchFolder(t);
	const [file, program] = [join(folder, 'program.c'), join(folder, 'program')];
	writeFileSync(file, source);
	const made = await runProgram('gcc', ['-O1', ...options, '-o', program, file]);
	t.is(made.exitCode, 0, made.stderr);
	return program;
}

function allPages(program: Buffer): PageRun {
	const code = findCode(program);
	return { address: (code?.address ?? 0) - pageBytes, pages: 1000 };
}

function writeProgram(path: string, parts: readonly Buffer[]): string {
	writeFileSync(path, Buffer.concat(parts), { mode: 0o755 });
	return path;
}

for (const options of [['-no-pie'], ['-no-pie', '-static']]) {
	test(`packPages() changes nothing that a program does: ${options.join(' ')}`, async (t) => {
		const path = await compiled(t, ...options);
		const before = await runProgram(path, ['word']);
		t.is(before.exitCode, 3, before.stderr);
		t.regex(before.stdout, /^word -?\d+ 11\nbye\n$/);
		const program = readFileSync(path);
		const tail = packPages(program, [allPages(program)]);
		t.true(tail.length > 3, 'code and constants are packed');
		const after = await runProgram(writeProgram(`${path}-packed`, [program, ...tail]), ['word']);
		t.deepEqual([after.exitCode, after.stdout, after.stderr], [3, before.stdout, '']);
	});
}

test('packPages() leaves zeros in the place of the pages, and takes no others', async (t) => {
	const path = await compiled(t, '-no-pie');
	const original = readFileSync(path);
	const code = findCode(original);
	t.truthy(code);
	if (code === null) return;
	const program = Buffer.from(original);
	const [padding, , ...pages] = packPages(program, [{ address: code.address + pageBytes, pages: 2 }]);
	t.is((program.length + (padding?.length ?? 0)) % pageBytes, 0);
	const place = [code.offset + pageBytes, code.offset + 3 * pageBytes] as const;
	t.true(Buffer.concat(pages).equals(original.subarray(...place)));
	t.true(program.subarray(...place).equals(Buffer.alloc(2 * pageBytes)));
	const rest = [code.offset + 3 * pageBytes, code.offset + code.sizeBytes] as const;
	t.true(program.subarray(...rest).equals(original.subarray(...rest)));
});

test('a program with packed pages says when they cannot be mapped', async (t) => {
	const path = await compiled(t, '-no-pie');
	const program = readFileSync(path);
	const [padding = Buffer.alloc(0), records = Buffer.alloc(0), ...pages] = packPages(program, [
		allPages(program),
	]);
	records.writeBigUInt64LE(records.readBigUInt64LE(0) + 1n, 0);
	const { exitCode, stderr } = await runProgram(
		writeProgram(`${path}-packed`, [program, padding, records, ...pages]),
		['word'],
	);
	t.is(exitCode, 127);
	t.is(stderr, 'The pages of a program cannot be mapped: is the memory full, or mremap(2) forbidden?\n');
});

for (const [kind, ...options] of [
	['that the kernel may load anywhere', '-pie'],
	['whose headers stand beside its code', '-no-pie', '-Wl,-z,noseparate-code'],
] as const) {
	test(`packPages() refuses a program ${kind}`, async (t) => {
		const program = readFileSync(await compiled(t, ...options));
		const before = Buffer.from(program);
		t.is(findCode(program), null);
		t.throws(() => packPages(program, [{ address: 0, pages: 1 }]), { name: 'UnknownElf', message: /fixed/ });
		t.true(program.equals(before));
	});
}

const hostile: readonly (readonly [kind: string, SmallElfOptions])[] = [
	['whose segments have another size', { segmentBytes: 0 }],
	['with more segments than programs have', { segments: 65_535 }],
	['with a segment beyond its end', { offset: 2 ** 40 }],
	['with a segment of more memory than there is', { memoryBytes: 2n ** 64n - 1n }],
	['whose entry is not in its code', { entry: 2n ** 64n - 1n }],
	['whose last page of code is full', { codeBytes: 0x2ff0 }],
];
for (const [kind, options] of hostile) {
	test(`packPages() leaves a program as it is ${kind}`, (t) => {
		const program = smallElf(options);
		const before = Buffer.from(program);
		t.throws(() => packPages(program, [{ address: 0x400000, pages: 100 }]), { name: 'UnknownElf' });
		t.true(program.equals(before));
	});
}

test('findCode() takes any bytes', (t) => {
	const program = smallElf();
	t.truthy(findCode(program));
	for (const at of [32, 54, 56, 64, 72, 80, 96]) {
		for (const value of [0, 0x7f, 0xff]) {
			const changed = Buffer.from(program.subarray(0, pageBytes));
			changed.fill(value, at, at + 8);
			t.notThrows(() => findCode(changed));
		}
	}
});
