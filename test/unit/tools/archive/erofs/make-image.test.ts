// Images of EROFS, looked at by the programs of erofs-utils. The boot test attributes.test.ts lets the kernel mount one.

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Entry } from '../../../../../tools/archive/entry.ts';
import { makeErofs } from '../../../../../tools/archive/erofs/make-image.ts';
import { runProgram } from '../../../../helpers/program.ts';
import { scratchFolder } from '../../../../helpers/scratch.ts';
import { directory, file, linked, streamOf } from '../squashfs/joined-image.ts';

const timeSeconds = 1_700_000_000;
const common = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: timeSeconds };

async function imageOf(t: ExecutionContext, entries: readonly Entry[]): Promise<string> {
	const path = join(scratchFolder(t), 'image');
	const { sizeBytes } = await makeErofs(() => streamOf(entries), path, timeSeconds);
	t.is(statSync(path).size, sizeBytes);
	return path;
}

/** Returns the directory with the image's files, which fsck.erofs has found to be intact. */
async function extracted(t: ExecutionContext, image: string): Promise<string> {
	const folder = join(scratchFolder(t), 'tree');
	const ran = await runProgram('fsck.erofs', ['--no-preserve', `--extract=${folder}`, image]);
	t.is(ran.exitCode, 0, `${ran.stdout}${ran.stderr}`);
	return folder;
}

/** Returns what dump.erofs says of a path. */
async function shown(t: ExecutionContext, image: string, path: string): Promise<string> {
	const ran = await runProgram('dump.erofs', [`--path=${path}`, image]);
	t.is(ran.exitCode, 0, `${ran.stdout}${ran.stderr}`);
	return ran.stdout;
}

test('makeErofs() makes files, links and directories that erofs-utils read back', async (t) => {
	const long = 'x'.repeat(4000);
	const names = Array.from(
		{ length: 900 },
		(_, index) => `name-${(index * 7919) % 900}-${'n'.repeat(index % 90)}`,
	);
	const sizes = [0, 1, 4095, 4096, 4097, 100_000];
	const image = await imageOf(t, [
		directory('d'),
		...sizes.map((size) => file(`d/${size}`, 'a'.repeat(size))),
		...linked(file('d/one', 'hello'), 'd/two'),
		directory('many'),
		...names.map((name) => file(`many/${name}`, name)),
		{ ...common, kind: 'symlink', path: 'short', target: 'd/one' },
		{ ...common, kind: 'symlink', path: 'long', target: long },
		file('made/above/file', 'its directories are made'),
	]);
	const tree = await extracted(t, image);
	for (const size of sizes) t.is(readFileSync(join(tree, `d/${size}`), 'latin1'), 'a'.repeat(size));
	t.deepEqual(readdirSync(join(tree, 'many')).sort(), names.toSorted());
	for (const name of names) t.is(readFileSync(join(tree, 'many', name), 'latin1'), name);
	t.is(readlinkSync(join(tree, 'short')), 'd/one');
	t.is(readlinkSync(join(tree, 'long')), long);
	t.is(readFileSync(join(tree, 'made/above/file'), 'latin1'), 'its directories are made');
	t.regex(await shown(t, image, '/d/two'), /Links: 2 /);
	t.regex(await shown(t, image, '/made'), /Links: 3 [\s\S]*Timestamp: 2023-11-14/);
});

test('makeErofs() keeps owners, modes, times, devices and attributes', async (t) => {
	const xattrs = new Map([
		['security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex')],
		['user.name', Buffer.from('value')],
	]);
	const image = await imageOf(t, [
		{ ...file('own', 'bytes', { xattrs }), mode: 0o4751, uid: 70_000, gid: 4_000_000_000, mtimeSeconds: 5 },
		{ ...common, kind: 'character', path: 'null', mode: 0o666, major: 1, minor: 3 },
		{ ...common, kind: 'fifo', path: 'pipe', mode: 0o600 },
	]);
	const checked = await runProgram('fsck.erofs', [image]);
	t.is(checked.exitCode, 0, `${checked.stdout}${checked.stderr}`);
	const own = await shown(t, image, '/own');
	// 12 bytes and two attributes: 4 + 10 + 20 bytes and 4 + 4 + 5, each rounded up to 4.
	t.regex(own, /Xattr size: 64$/m);
	// dump.erofs shows nine bits of the mode.
	t.regex(own, /Uid: 70000 {3}Gid: 4000000000 {2}Access: 0751/);
	t.regex(own, /Timestamp: 1970-01-01 00:00:05/);
	t.regex(await shown(t, image, '/null'), /char dev/);
	t.regex(await shown(t, image, '/pipe'), /fifo|pipe/i);
});

test('makeErofs() stores equal files once, and the same entries give the same bytes', async (t) => {
	const big = 'b'.repeat(50_000);
	const entries = [file('a', big), file('b', big), file('c', 'short'), file('d', big)];
	const [first, second] = [await imageOf(t, entries), await imageOf(t, entries)];
	t.true(statSync(first).size < 2 * big.length);
	t.deepEqual(readFileSync(first), readFileSync(second));
	const tree = await extracted(t, first);
	for (const name of ['a', 'b', 'd']) t.is(readFileSync(join(tree, name), 'latin1'), big);
	t.is(readFileSync(join(tree, 'c'), 'latin1'), 'short');
});

test('makeErofs() lets a later entry replace an earlier one', async (t) => {
	const tree = await extracted(t, await imageOf(t, [file('a', 'old'), file('a', 'new')]));
	t.is(readFileSync(join(tree, 'a'), 'latin1'), 'new');
});

test('makeErofs() refuses what an image cannot hold, and a file of another size than announced', async (t) => {
	const xattrs = new Map([['other.name', Buffer.alloc(1)]]);
	await t.throwsAsync(imageOf(t, [file('a', '', { xattrs })]), {
		code: 'BAD_IMAGE',
		message: "An EROFS can't hold the attribute other.name of a.",
	});
	const wrong = { ...file('a', 'four'), sizeBytes: 5 };
	await t.throwsAsync(imageOf(t, [wrong]), { message: 'a has 4 bytes, not 5 as announced.' });
});
