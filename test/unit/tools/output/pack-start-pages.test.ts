import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Entry, FileEntry } from '../../../../tools/archive/entry.ts';
import { codeDigest, findCode, pageBytes } from '../../../../tools/elf/pack-pages.ts';
import { packStartPages } from '../../../../tools/output/pack-start-pages.ts';
import { startPageLists } from '../../../../tools/output/start-page-lists.ts';
import { formatRuns, parseRuns, type StartPages } from '../../../../tools/output/start-pages.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const source = `
#include <stdio.h>
__attribute__((noinline, aligned(4096))) static int one(int n) { return n + 1; }
__attribute__((noinline, aligned(4096))) static int two(int n) { return n + 2; }
__attribute__((noinline, aligned(4096))) static int three(int n) { return n + 3; }
int main(int argc, char **argv) { (void)argv; printf("%d\\n", three(two(one(argc)))); return 0; }
`;

async function smallProgram(t: ExecutionContext): Promise<Buffer> {
	const folder = scratchFolder(t);
	const [file, program] = [join(folder, 'program.c'), join(folder, 'program')];
	writeFileSync(file, source);
	const made = await runProgram('gcc', ['-no-pie', '-O1', '-o', program, file]);
	t.is(made.exitCode, 0, made.stderr);
	return readFileSync(program);
}

function listOf(program: Buffer): StartPages {
	const code = findCode(program);
	if (code === null) throw new Error('The program has no code.');
	const pages = formatRuns([{ address: code.address + pageBytes, pages: 2 }]);
	return { program: '/a', code: codeDigest(program, code), codeBytes: code.sizeBytes, pages };
}

/** In small pieces, as a layer's decompressor gives them. */
function fileOf(bytes: Buffer, more: Partial<FileEntry> = {}): FileEntry {
	const common = { path: 'bin/a', mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 };
	const content = async function* (): AsyncGenerator<Uint8Array, void> {
		for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
	};
	return { ...common, kind: 'file', sizeBytes: bytes.length, content, ...more };
}

async function packed(entry: Entry, lists: readonly StartPages[]) {
	const given = async function* (): AsyncGenerator<Entry, void> {
		yield entry;
	};
	for await (const each of packStartPages(given(), lists)) {
		if (each.kind !== 'file') throw new Error(each.kind);
		const parts: Uint8Array[] = [];
		for await (const part of each.content()) parts.push(part);
		return { sizeBytes: each.sizeBytes, bytes: Buffer.concat(parts) };
	}
	throw new Error('There is no entry.');
}

test('packStartPages() packs a program with a list, which still runs', async (t) => {
	const program = await smallProgram(t);
	const { sizeBytes, bytes } = await packed(fileOf(program), [listOf(program)]);
	t.is(sizeBytes, bytes.length);
	t.true(bytes.length > program.length + 2 * pageBytes);
	const path = join(scratchFolder(t), 'packed');
	writeFileSync(path, bytes, { mode: 0o755 });
	t.like(await runProgram(path, []), { exitCode: 0, stdout: '7\n' });
});

test('packStartPages() changes no byte of other files', async (t) => {
	const program = await smallProgram(t);
	const list = listOf(program);
	const altered = Buffer.from(program);
	const { offset = 0 } = findCode(program) ?? {};
	altered.writeUInt8((program[offset + pageBytes] ?? 0) ^ 1, offset + pageBytes);
	for (const [bytes, lists, more] of [
		[program, [], {}],
		[altered, [list], {}],
		[program, [list], { mode: 0o644 }],
		[Buffer.alloc(3 * pageBytes, 'text'), [list], {}],
		[Buffer.from('short'), [list], {}],
	] as const)
		t.true((await packed(fileOf(bytes, more), lists)).bytes.equals(bytes));
});

test('packStartPages() leaves a file of another size than announced to who writes the image', async (t) => {
	const program = await smallProgram(t);
	for (const difference of [-1, 1]) {
		const sizeBytes = program.length + difference;
		const found = await packed(fileOf(program, { sizeBytes }), [listOf(program)]);
		t.is(found.sizeBytes, sizeBytes);
		t.is(found.bytes.length, program.length);
	}
});

test('parseRuns() reads what formatRuns() writes', (t) => {
	const runs = [
		{ address: 5 * pageBytes, pages: 2 },
		{ address: 9 * pageBytes, pages: 1 },
	];
	t.is(formatRuns(runs), '5+2 2+1');
	t.deepEqual(parseRuns('5+2 2+1'), runs);
});

test('there is a list for the Node that boots', (t) => {
	const init = readFileSync('build/init/init');
	const code = findCode(init);
	t.true(
		code !== null && startPageLists.some((list) => list.code === codeDigest(init, code)),
		'Its pages are not packed, and each boot is slower: run node test/campaigns/start-pages/run.ts.',
	);
});
