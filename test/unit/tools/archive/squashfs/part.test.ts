import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makePart, NotForSquashfs } from '../../../../../tools/archive/squashfs/make-part.ts';
import { openPart, readFileData, readImage } from '../../../../../tools/archive/squashfs/part.ts';
import { DamagedSquashfs } from '../../../../../tools/archive/squashfs/superblock.ts';
import { findInode } from '../../../../../tools/archive/squashfs/tree.ts';
import { SlipwayError } from '../../../../../tools/errors.ts';
import { runProgram } from '../../../../helpers/program.ts';
import { scratchFolder } from '../../../../helpers/scratch.ts';
import { directory, file, linked, lz4, partOf, streamOf, xz } from './joined-image.ts';

const text = 'one two three '.repeat(20_000);
const entries = [
	directory('d'),
	file('d/text', text),
	...linked(file('d/small', 'hello', { xattrs: new Map([['user.a', Buffer.from('1')]]) }), 'same'),
	{ ...directory('link'), kind: 'symlink', target: 'd/text' } as const,
];

for (const settings of [lz4, xz]) {
	test(`readFileData() returns the bytes of files: ${settings.compressor}`, async (t) => {
		const part = await openPart(await partOf(t, entries, settings), 0, 'part');
		for (const [path, expected] of [
			['link', text],
			['d/small', 'hello'],
			['same', 'hello'],
		] as const) {
			const inode = findInode(part.root, path);
			if (inode?.kind !== 'file') return t.fail(path);
			t.is((await readFileData(part, inode.data, 1e6, 'part')).toString(), expected);
			await t.throwsAsync(readFileData(part, inode.data, 4, 'part'), { instanceOf: DamagedSquashfs });
		}
		t.is(findInode(part.root, 'd/small'), findInode(part.root, 'same'));
		t.is(findInode(part.root, 'd/none'), null);
	});
}

test('readImage() reads what mksquashfs compresses by zstd', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'text'), text);
	const image = join(scratchFolder(t), 'image');
	const ran = await runProgram('mksquashfs', [folder, image, '-comp', 'zstd', '-quiet', '-no-progress']);
	t.is(ran.exitCode, 0, ran.stderr);
	const part = await readImage(image, 0, 'image');
	const inode = findInode(part.root, 'text');
	if (inode?.kind !== 'file') return t.fail('no file');
	t.is((await readFileData(part, inode.data, 1e6, 'image')).toString(), text);
});

const changed = async (t: ExecutionContext, change: (bytes: Buffer) => Buffer): Promise<string> => {
	const path = join(scratchFolder(t), 'changed');
	writeFileSync(path, change(readFileSync(await partOf(t, entries))));
	return path;
};

test('openPart() refuses a part that is cut, empty, longer, or has other tables', async (t) => {
	const refused = async (change: (bytes: Buffer) => Buffer): Promise<void> => {
		await t.throwsAsync(openPart(await changed(t, change), 0, 'image'), {
			instanceOf: DamagedSquashfs,
			message: /^image is no intact squashfs: /,
		});
	};
	await refused((bytes) => bytes.subarray(0, bytes.length - 1));
	await refused((bytes) => bytes.subarray(0, 50));
	await refused(() => Buffer.alloc(0));
	await refused((bytes) => Buffer.concat([bytes, Buffer.alloc(4096)]));
	for (const fromEnd of [1, 40, 200])
		await refused((bytes) => {
			bytes[bytes.length - fromEnd] = (bytes.at(-fromEnd) ?? 0) ^ 1;
			return bytes;
		});
});

test('readImage() survives any changed byte of the tables', async (t) => {
	const bytes = readFileSync(await partOf(t, entries));
	const { data } = await openPart(await changed(t, (same) => same), 0, 'part');
	const positions = [...Array(98).keys(), ...Array.from({ length: 600 }, (_, index) => data.end + index)];
	const path = join(scratchFolder(t), 'flipped');
	let refused = 0;
	for (const position of positions.filter((each) => each < bytes.length)) {
		const copy = Buffer.from(bytes);
		copy[position] = (copy[position] ?? 0) ^ 0xff;
		writeFileSync(path, copy);
		try {
			await readImage(path, 0, 'image');
		} catch (error) {
			if (!(error instanceof SlipwayError)) throw error;
			refused++;
		}
	}
	t.true(refused > 100, `${refused} refused`);
});

test('makePart() refuses attributes and times that a squashfs lacks, and names the path', async (t) => {
	const make = async (more: object): Promise<void> => {
		await makePart(streamOf([file('bin/a', 'a', more)]), join(scratchFolder(t), 'part'), lz4);
	};
	const xattrs = new Map([['system.posix_acl_access', Buffer.from('x')]]);
	await t.throwsAsync(make({ xattrs }), {
		instanceOf: NotForSquashfs,
		message: "A squashfs can't hold the tree, as bin/a has the attribute system.posix_acl_access.",
	});
	await t.throwsAsync(make({ mtimeSeconds: 2 ** 32 }), { instanceOf: NotForSquashfs });
	await t.throwsAsync(make({ sizeBytes: 2 }), { message: /has 1 bytes, not 2 as announced/ });
});
