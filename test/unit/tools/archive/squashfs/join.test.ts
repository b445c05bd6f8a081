import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import type { Entry } from '../../../../../tools/archive/entry.ts';
import { contentOf, directory, file, joinedImage, linked, listed, lz4, xz } from './joined-image.ts';

const common = { uid: 0, gid: 0, mtimeSeconds: 5, mode: 0o777 };
/** Half of it can be compressed. */
const mixed = Buffer.concat([Buffer.alloc(200_001, 'text '), randomBytes(150_000)]);

test('joinParts() keeps every kind of file with mode, owner, size and time', async (t) => {
	const first: Entry[] = [
		directory('d', { mode: 0o1777, uid: 3, gid: 4 }),
		file('d/empty', '', { mode: 0o4755, uid: 70_000, gid: 4_000_000_000, mtimeSeconds: 2 ** 32 - 1 }),
		{ ...common, kind: 'symlink', path: 'link', target: 'd/é' },
		{ ...common, kind: 'character', path: 'tty', major: 5, minor: 1 },
		{ ...common, kind: 'block', path: 'disk', major: 8, minor: 16 },
		{ ...common, kind: 'fifo', path: 'pipe' },
	];
	const image = await joinedImage(t, [first, [file('n'.repeat(255), 'long name')]]);
	t.deepEqual(await listed(image), [
		'drwxr-xr-x 0/0 334 1970-01-01 00:00 ',
		'drwxrwxrwt 3/4 28 1970-01-01 00:00 /d',
		'-rwsr-xr-x 70000/4000000000 0 2106-02-07 06:28 /d/empty',
		'brwxrwxrwx 0/0 8, 16 1970-01-01 00:00 /disk',
		'lrwxrwxrwx 0/0 4 1970-01-01 00:00 /link -> d/é',
		`-rw-r--r-- 0/0 9 1970-01-01 00:00 /${'n'.repeat(255)}`,
		'prwxrwxrwx 0/0 0 1970-01-01 00:00 /pipe',
		'crwxrwxrwx 0/0 5, 1 1970-01-01 00:00 /tty',
	]);
});

for (const settings of [lz4, xz]) {
	test(`joinParts() keeps the bytes of files: ${settings.compressor}`, async (t) => {
		const sparse = Buffer.alloc(400_000);
		sparse.write('end', 399_990);
		const parts = [
			[file('a', mixed), file('small', 'of a fragment')],
			[file('b', sparse), file('other', 'of another'), file('block', Buffer.alloc(settings.blockBytes, 'b'))],
		];
		const image = await joinedImage(t, parts, [file('loose', mixed)], settings);
		t.true((await contentOf(t, image, 'a')).equals(mixed));
		t.true((await contentOf(t, image, 'b')).equals(sparse));
		t.true((await contentOf(t, image, 'loose')).equals(mixed));
		t.is((await contentOf(t, image, 'small')).toString(), 'of a fragment');
		t.is((await contentOf(t, image, 'other')).toString(), 'of another');
		t.is((await contentOf(t, image, 'block')).length, settings.blockBytes);
	});
}

test('joinParts() gives a later entry precedence and merges directories', async (t) => {
	const image = await joinedImage(
		t,
		[
			[
				directory('etc', { mode: 0o700 }),
				...linked(file('etc/a', 'old'), 'etc/b'),
				file('x', '1'),
				directory('empty'),
			],
			[directory('etc', { mode: 0o750 }), file('etc/a', 'newer'), file('empty', 'a file'), directory('x')],
		],
		[file('etc/c', 'loose'), directory('etc', { ifAbsent: true }), directory('var', { ifAbsent: true })],
	);
	const lines = await listed(image);
	t.deepEqual(
		lines.map((line) => line.replace(/ \d+ 1970-01-01 00:00/, '')),
		[
			'drwxr-xr-x 0/0 ',
			'-rw-r--r-- 0/0 /empty',
			'drwxr-x--- 0/0 /etc',
			'-rw-r--r-- 0/0 /etc/a',
			'-rw-r--r-- 0/0 /etc/b',
			'-rw-r--r-- 0/0 /etc/c',
			'drwxr-xr-x 0/0 /var',
			'drwxr-xr-x 0/0 /x',
		],
	);
	t.is((await contentOf(t, image, 'etc/a')).toString(), 'newer');
	t.is((await contentOf(t, image, 'etc/b')).toString(), 'old', 'another name of a replaced file');
});

test('joinParts() puts a loose file where links lead, inside the tree', async (t) => {
	const links: Entry[] = [
		directory('usr'),
		directory('usr/bin'),
		{ ...common, kind: 'symlink', path: 'bin', target: '../../usr/bin' },
	];
	const image = await joinedImage(t, [links], [file('bin/tool', 'tool')]);
	t.is((await contentOf(t, image, 'usr/bin/tool')).toString(), 'tool');
});

test('joinParts() writes 100,000 names of one directory, each of which is found', async (t) => {
	const names = Array.from({ length: 100_000 }, (_, index) => `many/${'n'.repeat(index % 90)}${index}`);
	const image = await joinedImage(t, [
		[directory('many'), ...names.map((name) => file(name, ''))],
		[file('many/with-bytes', 'found')],
	]);
	t.is((await listed(image)).length, 2 + names.length + 1);
	t.is((await contentOf(t, image, 'many/with-bytes')).toString(), 'found');
});

test('joinParts() writes the same bytes for the same entries', async (t) => {
	const build = async (): Promise<string> => {
		const parts = [[directory('d'), file('d/a', mixed), file('d/b', 'small')], [file('c', mixed)]];
		const image = await joinedImage(t, parts, [file('loose', 'loose')]);
		return createHash('sha256').update(readFileSync(image)).digest('hex');
	};
	t.is(await build(), await build());
});
