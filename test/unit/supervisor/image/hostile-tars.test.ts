// Tars of a few hundred bytes, compressed, that are made to take minutes or gigabytes. Nothing is measured by a clock: a
// test counts what was read, or ava's timeout ends it.

import { gunzipSync, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { nameFromBytes, nameToBytes } from '../../../../supervisor/image/name-bytes.ts';
import { tarMembers } from '../../../../supervisor/image/tar-members.ts';
import { gnuTar, read } from './gnu-tar.ts';
import { countedTar, paxHeader, tarHeader, withContents } from './hostile-tar.ts';

const megabyte = 1024 * 1024;

/** Requires an error that names the tar and the entry, after few bytes. */
async function isRefused(
	t: ExecutionContext,
	parts: Iterable<Buffer>,
	message: string | RegExp,
	maxReadBytes = Number.POSITIVE_INFINITY,
): Promise<void> {
	const tar = countedTar(parts);
	const error = await t.throwsAsync(
		async () => {
			for await (const _ of tarMembers(tar.bytes(), 'evil:1: the layer sha256:1'));
		},
		{ code: 'BAD_IMAGE', message },
	);
	t.true((error?.message.length ?? 0) < 700);
	t.true(tar.readBytes <= maxReadBytes, `${tar.readBytes} bytes were read`);
}

const refused = test.macro({
	async exec(t, parts: () => Iterable<Buffer>, message: string | RegExp, maxReadBytes?: number) {
		await isRefused(t, parts(), message, maxReadBytes);
	},
	title: (name = '') => `tarMembers() refuses ${name}`,
});

const member = tarHeader('0', 'a');
const where = 'evil:1: the layer sha256:1: the first entry';

test(
	'a PAX path of 1 MB that is not UTF-8 (26 s of processor time, 205 bytes)',
	refused,
	() => [paxHeader([['path', Buffer.alloc(megabyte - 100, 0xff)]]), member],
	`${where} has a path of 1048476 bytes, but Linux allows 4096.`,
);
test(
	'a link target of `d/../` 200,000 times (84 s, 286 bytes)',
	refused,
	() => [paxHeader([['linkpath', 'd/../'.repeat(200_000)]]), tarHeader('2', 'a'), tarHeader('0', 'a/b')],
	`${where} has a link target of 1000000 bytes, but Linux allows 4096.`,
);
test(
	'200 entries with names of 1 MB (608 MB of memory, 8.7 KB)',
	refused,
	function* () {
		for (let index = 0; index < 200; index++) {
			yield paxHeader([['path', `${index}${'n'.repeat(megabyte - 100)}`]]);
			yield member;
		}
	},
	/the first entry has a path of 1048477 bytes/,
	megabyte + 8192,
);

const manyAttributes = Array.from({ length: 5000 }, (_, i) => [`SCHILY.xattr.user.${i}`, 'x'] as const);

test(
	'400 PAX headers in a row (9 s and 520 MB, 1.9 KB)',
	refused,
	function* () {
		for (let index = 0; index < 400; index++) yield paxHeader([['comment', 'x'.repeat(megabyte - 100)]]);
		yield member;
	},
	`${where} has more than 1048576 bytes of names and attributes.`,
	megabyte + 16_384,
);
test(
	'400 small PAX headers in a row, and names the entry before',
	refused,
	function* () {
		yield tarHeader('0', 'bin/sh');
		for (let index = 0; index < 400; index++) yield paxHeader([['comment', 'x']]);
		yield member;
	},
	'evil:1: the layer sha256:1: the entry after bin/sh has more than 8 headers for names and attributes.',
	20_480,
);
for (const type of ['L', 'K'])
	test(
		`GNU's header ${type} for a long name of 1 MB, before it is read`,
		refused,
		() => [withContents(type, '././@LongLink', Buffer.alloc(megabyte, 'n')), member],
		`${where} has a header of 1048576 bytes for a name; 4608 are allowed.`,
		4096,
	);
test(
	'a PAX header of 1 GB, before it is read',
	refused,
	() => [tarHeader('x', 'pax', 2 ** 30), Buffer.alloc(megabyte)],
	`${where} has a header of 1073741824 bytes for names and attributes; 1048576 are allowed.`,
	4096,
);
test(
	'a name of 256 bytes in a path',
	refused,
	() => [paxHeader([['path', `d/${'n'.repeat(256)}/x`]]), member],
	`${where} has a name of 256 bytes in its path, but Linux allows 255.`,
);
test(
	'a long name of a sparse file',
	refused,
	() => [paxHeader([['GNU.sparse.name', 'n/'.repeat(3000)]]), member],
	`${where} has a path of 6000 bytes, but Linux allows 4096.`,
);
test(
	'an extended attribute of more than 64 KiB',
	refused,
	() => [paxHeader([['SCHILY.xattr.user.a', Buffer.alloc(65_537)]]), member],
	`${where} has an extended attribute of 65537 bytes, but Linux allows 65536.`,
);
test(
	'an extended attribute with a name of 256 bytes',
	refused,
	() => [paxHeader([[`SCHILY.xattr.user.${'n'.repeat(251)}`, '']]), member],
	`${where} has an extended attribute with a name of more than 255 bytes.`,
);
test(
	'more names of extended attributes than XATTR_LIST_MAX',
	refused,
	() => [
		paxHeader([...manyAttributes, ...manyAttributes.map(([key]) => [`${key}${key}`, ''] as const)]),
		member,
	],
	/the first entry has extended attributes with \d+ bytes of names, but Linux allows 65536\.$/,
);
test(
	'a number of 1 MB in a PAX header, and does not print it',
	refused,
	() => [paxHeader([['uid', '9'.repeat(megabyte - 100)]]), member],
	/PAX header has "9{100}" for uid/,
);
test(
	'PAX records with a length of 1 MB of digits',
	refused,
	() => [withContents('x', 'pax', Buffer.alloc(megabyte, '1')), member],
	`${where}: a PAX header is damaged.`,
);
test(
	'global PAX headers that grow from member to member',
	refused,
	function* () {
		for (let index = 0; index < 400; index++) {
			yield paxHeader([[`SCHILY.xattr.user.${index}`, 'x'.repeat(1000)]], 'g');
			yield tarHeader('0', `f${index}`);
		}
	},
	/the entry after f\d\d has more than 65536 bytes of global PAX headers\.$/,
	200_000,
);
test(
	'too many global PAX headers',
	refused,
	function* () {
		for (let index = 0; index < 2000; index++) yield tarHeader('g', 'pax');
	},
	`${where} has more than 1000 headers for global PAX headers.`,
);
test(
	'a sparse map in a global PAX header, which each member would read again',
	refused,
	() => [
		paxHeader(
			[
				['GNU.sparse.size', '0'],
				['GNU.sparse.map', '0,0'],
			],
			'g',
		),
		member,
	],
	`${where} has a sparse map in a global PAX header.`,
);

test(
	'a sparse map of millions of holes before the contents',
	refused,
	() => {
		const map = Buffer.from(`5000000\n${'0\n0\n'.repeat(5_000_000)}`);
		const pax = paxHeader([
			['GNU.sparse.major', '1'],
			['GNU.sparse.realsize', '0'],
		]);
		return [pax, withContents('0', 's', map)];
	},
	/: s has a damaged sparse map\.$/,
	2 * megabyte + 16_384,
);
test(
	'a sparse map of 200,000 holes in a PAX header',
	refused,
	() => {
		const pax = paxHeader([
			['GNU.sparse.size', '0'],
			['GNU.sparse.map', `${'0,0,'.repeat(199_999)}0,0`],
		]);
		return [pax, tarHeader('0', 's')];
	},
	/: s has a sparse map of more than 100000 parts\.$/,
);
test(
	"GNU's old sparse map without an end",
	refused,
	function* () {
		const header = tarHeader('S', 's');
		header.write('ustar  \0', 257);
		header.write('00000000000\x0000000000000\x00', 386);
		header[482] = 1;
		header.write('        ', 148);
		const sum = header.reduce((total, byte) => total + byte, 0);
		header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
		yield header;
		const more = Buffer.from('00000000000\x0000000000000\x00'.repeat(21).padEnd(512, '\x01'));
		for (let index = 0; index < 10_000; index++) yield more;
	},
	/: s has a damaged sparse map\.$/,
	3 * megabyte,
);

test(
	"GNU's sparse file in a header of POSIX, of which GNU tar makes another file",
	refused,
	() => [tarHeader('S', 's')],
	/: s is sparse in GNU's format, but not of GNU's magic\.$/,
);

test('tarMembers() takes what is just within the limits', async (t) => {
	const path = `${`${'d'.repeat(255)}/`.repeat(15)}${'n'.repeat(255)}`;
	const target = 't'.repeat(4096);
	const tar = Buffer.concat([
		paxHeader([['comment', 'for all']], 'g'),
		...Array.from({ length: 7 }, () => paxHeader([['comment', 'for one']])),
		paxHeader([
			['path', path],
			['linkpath', target],
			['SCHILY.xattr.user.large', Buffer.alloc(65_536, 1)],
			...manyAttributes.slice(0, 4000),
		]),
		tarHeader('2', 'cut'),
	]);
	const header = (await read(tar))[0]?.header;
	t.is(header?.name, path);
	t.is(header?.linkname, target);
	t.is(header?.xattrs.get('user.large')?.length, 65_536);
	t.is(header?.xattrs.size, 4001);
});

for (const format of ['gnu', 'posix'])
	test(`tarMembers() reads a path and a link target of 4,000 bytes of GNU tar's ${format}`, async (t) => {
		const path = `${`${'d'.repeat(199)}/`.repeat(19)}${'n'.repeat(200)}`;
		const tar = await gnuTar(
			t,
			`mkdir -p "$(dirname ${path})" && printf body > ${path} && ln -s ${path} link`,
			`--format=${format}`,
		);
		// As a layer is.
		const members = new Map(
			(await read(gunzipSync(gzipSync(tar)), 65_536)).map((each) => [each.header.name, each]),
		);
		t.is(path.length, 4000);
		t.is(members.get(`./${path}`)?.body, 'body');
		t.is(members.get('./link')?.header.linkname, path);
	});

test("nameFromBytes() decodes 32 MB that are not UTF-8 before ava's timeout (14 minutes with an exception a byte)", (t) => {
	const bytes = Buffer.alloc(32 * megabyte, Buffer.from('ffc3a9f09f98', 'hex'));
	t.true(nameToBytes(nameFromBytes(bytes).slice(0, 30_000)).equals(bytes.subarray(0, 36_000)));
});

test('nameFromBytes() decodes as TextDecoder does what is well-formed, of all pairs of bytes', (t) => {
	const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
	const wrong: string[] = [];
	for (let first = 0; first < 256; first++) {
		for (let second = 0; second < 256; second++) {
			const bytes = Buffer.from([first, second, 0x80, 0x80, 0x41]);
			const name = nameFromBytes(bytes);
			if (!nameToBytes(name).equals(bytes)) wrong.push(`${bytes.toString('hex')} became ${name}`);
			for (const length of [2, 3, 4]) {
				let expected: string | null = null;
				try {
					expected = decoder.decode(bytes.subarray(0, length));
				} catch {}
				if (expected !== null && !name.startsWith(expected))
					wrong.push(`${bytes.toString('hex')} became ${name}`);
			}
		}
	}
	t.deepEqual(wrong, []);
});
