import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { readCpio } from '../../../../tools/archive/read-cpio.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

/** Returns an archive that GNU cpio makes of a directory. */
function gnu(folder: string, names: readonly string[]): Buffer {
	return execFileSync('cpio', ['-o', '-H', 'newc', '--quiet'], { cwd: folder, input: names.join('\n') });
}

async function membersOf(bytes: Buffer) {
	const members = [];
	// Small pieces show that nothing depends on where the input is cut.
	const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
		bytes.subarray(at * 7, at * 7 + 7),
	);
	for await (const { content, ...member } of readCpio(Readable.from(pieces), 'x.img'))
		members.push({ ...member, text: (await buffer(content())).toString() });
	return members;
}

test('readCpio() reads what GNU cpio writes, archive after archive', async (t) => {
	const folder = scratchFolder();
	mkdirSync(join(folder, 'd'), { mode: 0o750 });
	writeFileSync(join(folder, 'd/f'), 'hello');
	chmodSync(join(folder, 'd/f'), 0o4711);
	linkSync(join(folder, 'd/f'), join(folder, 'd/g'));
	symlinkSync('d/f', join(folder, 'l'));
	writeFileSync(join(folder, 'é'), '');
	const bytes = Buffer.concat([gnu(folder, ['d', 'd/f', 'd/g', 'l']), Buffer.alloc(512), gnu(folder, ['é'])]);
	const members = await membersOf(bytes);
	t.deepEqual(
		members.map(({ path, mode, text }) => [path, mode.toString(8), text]),
		[
			['d', '40750', ''],
			['d/f', '104711', ''],
			['d/g', '104711', 'hello'],
			['l', '120777', 'd/f'],
			['é', '100644', ''],
		],
	);
	t.is(members[1]?.file, members[2]?.file);
	t.is(members[1]?.links, 2);
});

test('readCpio() goes on when contents are not read', async (t) => {
	const folder = scratchFolder();
	for (const name of ['a', 'b']) writeFileSync(join(folder, name), name.repeat(1001));
	const paths = [];
	for await (const { path } of readCpio(Readable.from([gnu(folder, ['a', 'b'])]), 'x.img')) paths.push(path);
	t.deepEqual(paths, ['a', 'b']);
});

for (const [what, bytes, message] of [
	['another format', Buffer.from('070707'.padEnd(200, '0')), /x\.img is no initrd .*: a header is damaged/],
	['a cut header', Buffer.from('07070100'), /ends in the middle|header is damaged/],
	[
		'a name without end',
		Buffer.from(`070701${'0'.repeat(88)}ffffffff00000000`),
		/a name has 4294967295 bytes/,
	],
	[
		'a cut file',
		Buffer.from(`070701${'0'.repeat(48)}000000ff${'0'.repeat(32)}0000000200000000a\0`),
		/ends in the middle/,
	],
] as const)
	test(`readCpio() refuses ${what}`, async (t) => {
		await t.throwsAsync(membersOf(bytes), { code: 'BAD_INPUT', message });
	});
