// The programs are read by binutils, which knows nothing of our writer; firmware starts them in test/vm/media.test.ts.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { bytesContent } from '../../../../tools/files/content.ts';
import { joinFiles } from '../../../../tools/files/joined.ts';
import { efiProgram } from '../../../../tools/media/efi-program.ts';
import { readMediaTool } from '../../../../tools/output/media-tools.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const sections = {
	'.cmdline': Buffer.from('console=ttyS0'),
	'.linux': Buffer.alloc(10_000, 'kernel'),
	'.initrd': Buffer.alloc(4097, 'initrd'),
};

test('efiProgram() adds sections that objcopy reads back, and keeps those of the stub', async (t) => {
	const folder = scratchFolder(t);
	const stub = await readMediaTool('linuxx64.efi.stub');
	const contents = Object.entries(sections).map(([name, bytes]) => ({ name, content: bytesContent(bytes) }));
	const program = efiProgram(stub, 'stub', contents);
	const path = join(folder, 'a.efi');
	await joinFiles(program.sources, path);
	t.is(readFileSync(path).length, program.sizeBytes);
	for (const [name, bytes] of Object.entries(sections)) {
		const out = join(folder, 'section');
		await runProgram('objcopy', ['-O', 'binary', `--only-section=${name}`, path, out]);
		t.true(readFileSync(out).subarray(0, bytes.length).equals(bytes), name);
		const start = program.startBytes.get(name) ?? 0;
		t.true(
			readFileSync(path)
				.subarray(start, start + bytes.length)
				.equals(bytes),
			name,
		);
	}
	const { stdout } = await runProgram('objdump', ['-h', path]);
	t.regex(stdout, /\.sdmagic.*\.cmdline.*\.linux.*\.initrd/s);
	for (const name of ['.linux', '.initrd']) t.is((program.startBytes.get(name) ?? 1) % 2048, 0);
});

test('efiProgram() refuses a stub that is no EFI program, and one without room', async (t) => {
	t.throws(() => efiProgram(Buffer.from('#!/bin/sh'), '/a/stub', []), {
		code: 'TOOL_FAILED',
		message: '/a/stub is no EFI program: install its package again.',
	});
	const stub = await readMediaTool('linuxx64.efi.stub');
	const many = Array.from({ length: 100 }, (_, index) => {
		return { name: `.s${index}`, content: bytesContent(Buffer.alloc(1)) };
	});
	t.throws(() => efiProgram(stub, 'stub', many), { message: /no room for 100 more sections/ });
});

test('efiProgram() refuses contents beyond 4 GB', async (t) => {
	const huge = { sources: [{ holeBytes: 2 ** 32 }], sizeBytes: 2 ** 32 };
	const stub = await readMediaTool('linuxx64.efi.stub');
	t.throws(() => efiProgram(stub, 'stub', [{ name: '.initrd', content: huge }]), {
		message: /larger than 4 GB/,
	});
});
