// The archive as GNU cpio sees it, not as our own reader would.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { nameFromBytes } from '../../../../supervisor/image/name-bytes.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { archive, base, entries, file, links } from './cpio-entries.ts';

test('cpioArchive() keeps the bytes of a name that is not UTF-8', async (t) => {
	const folder = scratchFolder(t);
	const latin = nameFromBytes(Buffer.from('caf\xe9', 'latin1'));
	const to: Entry = { ...base, kind: 'symlink', path: `${latin}-link`, target: latin };
	writeFileSync(join(folder, 'a.cpio'), await archive([file(latin, 'x'), to]));
	const extracted = await runProgram('sh', ['-c', 'cpio -id --quiet < a.cpio'], { cwd: folder });
	t.is(extracted.stderr, '');
	const names = readdirSync(folder, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
	t.deepEqual(names.sort(), ['a.cpio', 'caf\xe9', 'caf\xe9-link']);
});

test('cpioArchive() writes the bytes of GNU cpio, except for inode numbers and padding', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'f'), 'hello');
	await runProgram('touch', ['-d', '@1492533000', join(folder, 'f')]);
	await runProgram('chmod', ['644', join(folder, 'f')]);
	const script = 'echo f | cpio -o -H newc -R +0:+0 --quiet --reproducible > g.cpio';
	await runProgram('sh', ['-c', script], { cwd: folder });
	const theirs = readFileSync(join(folder, 'g.cpio'));
	const ours = await archive([file('f', 'hello')]);
	// Theirs is padded to a block of 512 bytes, which an initramfs doesn't need; digits of hexadecimal differ in case.
	const normal = (bytes: Buffer) =>
		bytes
			.toString('latin1')
			.toLowerCase()
			.replace(/^(070701).{8}/, '$1-------i');
	t.is(normal(ours), normal(theirs).slice(0, ours.length));
});

test('cpioArchive() refuses a file that has changed its size', async (t) => {
	const wrong = { ...file('a', 'four'), sizeBytes: 5 } as Entry;
	await t.throwsAsync(archive([wrong]), { code: 'BAD_IMAGE' });
});

test('cpioArchive() refuses a file of 4 GiB', async (t) => {
	const wrong = { ...file('a', ''), sizeBytes: 2 ** 32 } as Entry;
	await t.throwsAsync(archive([wrong]), { code: 'BAD_IMAGE' });
});

test('cpioArchive() refuses what eight digits or the kernel can not take', async (t) => {
	await t.throwsAsync(archive([file('a', '', { uid: 2 ** 32 })]), { code: 'BAD_IMAGE' });
	await t.throwsAsync(archive([file('n/'.repeat(2048), '')]), { code: 'BAD_IMAGE', message: /up to 4095/ });
	await t.throwsAsync(archive([file(`a/${'é'.repeat(128)}`, '')]), {
		code: 'BAD_IMAGE',
		message: /up to 255/,
	});
	const target = 't'.repeat(4096);
	await t.throwsAsync(archive([{ ...base, kind: 'symlink', path: 'l', target }]), { code: 'BAD_IMAGE' });
	await t.throwsAsync(archive([file('a\0b', '')]), { code: 'BAD_IMAGE' });
});

test('cpioArchive() does not end at a file named TRAILER!!!', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'a.cpio'), await archive([file('TRAILER!!!', 'x'), file('after', 'y')]));
	const listed = await runProgram('sh', ['-c', 'cpio -it --quiet < a.cpio'], { cwd: folder });
	t.is(listed.stdout, './TRAILER!!!\nafter\n');
});

test('cpioArchive() refuses a hard link that its file does not name', async (t) => {
	await t.throwsAsync(archive([file('d/one', 'x'), ...links]), { code: 'BAD_IMAGE' });
});

test('cpioArchive() of the same entries gives the same bytes', async (t) => {
	t.deepEqual(await archive(entries), await archive(entries));
});

/** Device numbers, modes, owners, times and sizes that are longer than the eight digits of their fields. */
const tooLong: readonly (readonly [string, Entry, RegExp])[] = [
	['major', { ...base, kind: 'character', path: 'x', major: 2 ** 32, minor: 0 }, /^x: major is 4294967296/],
	['minor', { ...base, kind: 'block', path: 'x', major: 0, minor: 2 ** 40 }, /^x: minor is 1099511627776/],
	['major beyond dev_t', { ...base, kind: 'block', path: 'x', major: 4096, minor: 0 }, /from 0 to 4095/],
	['minor beyond dev_t', { ...base, kind: 'block', path: 'x', major: 0, minor: 2 ** 20 }, /to 1048575/],
	['negative minor', { ...base, kind: 'block', path: 'x', major: 0, minor: -1 }, /minor is -1/],
	['mode', file('x', '', { mode: 2 ** 32 }), /^x: mode is 4294967296/],
	['mode with a file type', file('x', '', { mode: 0o120777 }), /mode is 41471/],
	['uid', file('x', '', { uid: 2 ** 32 }), /^x: uid is 4294967296/],
	['negative uid', file('x', '', { uid: -1 }), /uid is -1/],
	['gid', file('x', '', { gid: 2 ** 36 }), /^x: gid is/],
	['negative mtime', file('x', '', { mtimeSeconds: -1 }), /^x: mtimeSeconds is -1/],
	['mtime with a fraction', file('x', '', { mtimeSeconds: 1.5 }), /mtimeSeconds is 1\.5/],
	['mtime that is no number', file('x', '', { mtimeSeconds: Number.NaN }), /mtimeSeconds is NaN/],
	['negative size', file('x', '', { sizeBytes: -4 } as Partial<Entry>), /sizeBytes is -4/],
];

for (const [field, entry, message] of tooLong) {
	test(`cpioArchive() lets no number shift the header, so that a node can't write etc/passwd: ${field}`, async (t) => {
		await t.throwsAsync(archive([entry, file('after', 'y')]), { code: 'BAD_IMAGE', message });
	});
}

async function listedByGnu(t: ExecutionContext, list: readonly Entry[]): Promise<string> {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'a.cpio'), await archive(list));
	const command = 'cpio -itv --quiet --numeric-uid-gid < a.cpio';
	const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
	const { stdout, stderr } = await runProgram('sh', ['-c', command], { cwd: folder, env });
	t.is(stderr, '');
	return stdout;
}

test('cpioArchive() writes the largest numbers such that GNU cpio finds what follows', async (t) => {
	const owner = { uid: 2 ** 32 - 1, gid: 2 ** 32 - 1, mode: 0o7777, mtimeSeconds: 0 };
	const listed = await listedByGnu(t, [
		{ ...base, ...owner, kind: 'character', path: 'node', major: 4095, minor: 2 ** 20 - 1 },
		file('late', 'x', { mtimeSeconds: 2 ** 40 }),
		file('n'.repeat(255), 'y'),
		file('after', 'z'),
	]);
	const lines = listed.trimEnd().split('\n');
	t.regex(lines[0] ?? '', /^crwsrwsrwt .* 4294967295 4294967295 4095, 1048575 Jan {2}1 {2}1970 node$/);
	t.regex(lines[1] ?? '', /1 Feb {2}7 {2}2106 late$/);
	t.regex(lines[2] ?? '', /n{255}$/);
	t.regex(lines[3] ?? '', /after$/);
	t.is(lines.length, 4);
});
