import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DebianTree } from '../../../../tools/package/debian-tree.ts';
import { withoutExports } from '../../../../tools/package/without-exports.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** A Debian package with one file in /usr/bin. */
function treeWith(t: ExecutionContext, name: string, bytes: Uint8Array): { tree: DebianTree; file: string } {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'usr/bin'), { recursive: true });
	const file = join(folder, 'usr/bin', name);
	writeFileSync(file, bytes);
	const numbers = { mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0, devMajor: 0, devMinor: 0 };
	const header = {
		...numbers,
		name: `usr/bin/${name}`,
		kind: 'file',
		sizeBytes: bytes.length,
		linkname: '',
		xattrs: [],
	};
	const entries = new Map([[`usr/bin/${name}`, { header, source: file }]]);
	return { tree: { packageName: 'made-up', folder, entries } as unknown as DebianTree, file };
}

test('withoutExports() makes a Go program smaller and updates its size', async (t) => {
	const folder = scratchFolder(t);
	// Go's names have dots, which C writes for the assembler alone.
	const functions = Array.from(
		{ length: 1000 },
		(_, index) =>
			`int f${index}(void) __asm__("main.aFunctionWithALongName${index}");\nint f${index}(void) { return ${index}; }`,
	);
	writeFileSync(join(folder, 'go.c'), `${functions.join('\n')}\nint main(void) { return f7(); }\n`);
	const flags = [
		'-no-pie',
		'-rdynamic',
		'-Wl,--hash-style=gnu',
		'-o',
		join(folder, 'go'),
		join(folder, 'go.c'),
	];
	t.is((await runProgram('gcc', flags)).exitCode, 0);
	const original = readFileSync(join(folder, 'go'));
	const { tree, file } = treeWith(t, 'go', original);
	const { entries } = await withoutExports(tree, ['/usr/bin/go']);
	t.true(statSync(file).size < original.length - 40_000);
	t.is(entries.get('usr/bin/go')?.header.sizeBytes, statSync(file).size);
	t.is(tree.entries.get('usr/bin/go')?.header.sizeBytes, original.length, 'what is handed in stays');
	const copy = join(folder, 'cut');
	writeFileSync(copy, readFileSync(file), { mode: 0o755 });
	t.is((await runProgram(copy, [])).exitCode, 7);
});

test('withoutExports() names a program that it cannot change, and the reason', async (t) => {
	const { tree } = treeWith(t, 'script', Buffer.from('#!/bin/sh\n'));
	await t.throwsAsync(withoutExports(tree, ['/usr/bin/script']), {
		message:
			"withoutExports: /usr/bin/script of the Debian package made-up can't be cut: it is no ELF program of 64 bits, little-endian.",
	});
	await t.throwsAsync(withoutExports(tree, ['/usr/bin/none']), {
		code: 'BAD_RECIPE',
		message: /^withoutExports: \/usr\/bin\/none of the Debian package made-up is not in it as a file\.$/,
	});
});
