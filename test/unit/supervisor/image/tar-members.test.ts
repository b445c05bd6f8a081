// Tars as GNU tar and libarchive's relatives write them, read by our reader.

import test from 'ava';
import { encodePaxRecords } from '../../../../supervisor/image/pax-records.ts';
import { tarMembers } from '../../../../supervisor/image/tar-members.ts';
import { bytesOf, makeTar } from '../../../helpers/tar.ts';
import { gnuTar, read } from './gnu-tar.ts';

test('tarMembers() skips contents that are not read', async (t) => {
	const tar = await makeTar([
		{ name: 'a', body: 'a'.repeat(5000) },
		{ name: 'b', body: 'b' },
	]);
	const names: string[] = [];
	for await (const { header } of tarMembers(bytesOf(tar), 'test')) names.push(header.name);
	t.deepEqual(names, ['a', 'b']);
});

test('tarMembers() reads the stream to its end, so that a digest is checked', async (t) => {
	const tar = await makeTar([{ name: 'a', body: 'a' }]);
	const failing = async function* () {
		yield tar;
		yield Buffer.alloc(4096);
		throw new Error('wrong digest');
	};
	await t.throwsAsync(
		async () => {
			for await (const _ of tarMembers(failing(), 'test'));
		},
		{ message: 'wrong digest' },
	);
});

const refused = test.macro({
	async exec(t, make: () => Promise<Buffer>, message: RegExp) {
		await t.throwsAsync(async () => await read(await make()), { code: 'BAD_IMAGE', message });
	},
	title: (name = '') => `tarMembers() refuses ${name}`,
});

async function withHeader(change: (header: Buffer) => void): Promise<Buffer> {
	const tar = await makeTar([{ name: 'a', body: 'a' }]);
	const header = tar.subarray(0, 512);
	change(header);
	header.write('        ', 148);
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
	return tar;
}

const pax = (records: Buffer): Promise<Buffer> =>
	makeTar([{ name: 'pax', body: records.toString('latin1') }]).then((tar) => {
		const header = tar.subarray(0, 512);
		header.write('x', 156);
		header.write('        ', 148);
		const sum = header.reduce((total, byte) => total + byte, 0);
		header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
		return tar;
	});

test(
	'a wrong checksum',
	refused,
	async () => {
		const tar = await makeTar([{ name: 'a', body: 'a' }]);
		tar.write('b', 0);
		return tar;
	},
	/wrong checksum/,
);
test(
	'another kind of file',
	refused,
	async () => Buffer.from('kernel:\n  image: k\n'.repeat(40)),
	/^\S+ is no tar archive: it is a text\.$/,
);
test(
	'a text that is shorter than a header',
	refused,
	async () => Buffer.from('kernel: {}\n'),
	/^\S+ is no tar archive: it is a text\.$/,
);
test(
	'a header that is cut short',
	refused,
	async () => (await makeTar([{ name: 'a', body: 'a' }])).subarray(0, 300),
	/ends in the middle of its first header/,
);
test(
	'a tar that is cut short',
	refused,
	async () => (await makeTar([{ name: 'a', body: 'a'.repeat(2000) }])).subarray(0, 1500),
	/ends in the middle/,
);
test('a kind that no system has', refused, () => withHeader((header) => header.write('V', 156)), /kind "V"/);
test('letters for a number', refused, () => withHeader((header) => header.write('zz', 108)), /"zz/);
test('damaged PAX records', refused, () => pax(Buffer.from('99 path=x\n')), /PAX header is damaged/);
test(
	'a lone block of zeros, after which other readers may go on',
	refused,
	async () => Buffer.concat([Buffer.alloc(512), await makeTar([{ name: 'a', body: 'a' }])]),
	/a lone block of zeros/,
);
test(
	'an owner below 0',
	refused,
	() => withHeader((header) => header.write('\xff\xff\xff\xff\xff\xff\xff\xfe', 108, 'latin1')),
	/below 0/,
);
test(
	'a size that no number holds',
	refused,
	() =>
		withHeader((header) => header.write('\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 124, 'latin1')),
	/too large/,
);

const node = (change: (header: Buffer) => void): Promise<Buffer> =>
	withHeader((header) => {
		header.write('4', 156);
		change(header);
	});

test(
	'a device node whose major shifts the fields of a cpio header',
	refused,
	() => node((header) => header.write('\x80\x00\x00\x12\x34\x56\x78\x9a', 329, 'latin1')),
	/^test: a: major is 78187493530, but must be a number from 0 to 4095\.$/,
);
test(
	'a device node whose minor shifts the fields of a cpio header',
	refused,
	() => node((header) => header.write('\x80\x00\x00\x01\x00\x00\x00\x00', 337, 'latin1')),
	/^test: a: minor is 4294967296, but must be a number from 0 to 1048575\.$/,
);
test(
	'a major beyond the 12 bits of dev_t',
	refused,
	() => node((header) => header.write('0010000\0', 329)),
	/a: major is 4096/,
);
test(
	'a minor beyond the 20 bits of dev_t',
	refused,
	() => node((header) => header.write('4000000\0', 337)),
	/a: minor is 1048576/,
);
test(
	'an owner that no system has, in a PAX header',
	refused,
	async () =>
		Buffer.concat([
			(await pax(encodePaxRecords([{ key: 'uid', value: Buffer.from('4294967296') }]))).subarray(0, 1024),
			await makeTar([{ name: 'a', body: 'a' }]),
		]),
	/test: a: uid is 4294967296/,
);

const sparse = (records: Record<string, string>) => async (): Promise<Buffer> => {
	const list = Object.entries(records).map(([key, value]) => ({
		key: `GNU.sparse.${key}`,
		value: Buffer.from(value),
	}));
	const before = await pax(encodePaxRecords(list));
	return Buffer.concat([before.subarray(0, 1024), await makeTar([{ name: 'a', body: 'abcd' }])]);
};

test('a sparse map that goes back', refused, sparse({ size: '9', map: '4,2,0,2' }), /: a has .* goes back/);
test('a sparse map beyond the file', refused, sparse({ size: '3', map: '0,4' }), /larger than the file/);
test('a sparse map of other bytes', refused, sparse({ size: '9', map: '0,3' }), /another size/);
test('a sparse map that is no numbers', refused, sparse({ size: '9', map: '0,x' }), /damaged sparse map/);
test('a sparse map of half a pair', refused, sparse({ size: '9', map: '0' }), /damaged sparse map/);
test('a sparse file without its size', refused, sparse({ map: '0,4' }), /damaged sparse map/);
test('a sparse map of an unknown version', refused, sparse({ major: '2', size: '9' }), /format 2/);
test('a cut sparse map', refused, sparse({ major: '1', realsize: '9' }), /damaged sparse map/);

for (const format of ['gnu', '0.0', '0.1', '1.0']) {
	test(`tarMembers() fills the holes of a sparse file, GNU tar's ${format}`, async (t) => {
		// More parts than a header holds, than an extension holds, a file of one hole, and holes at both ends.
		const tar = await gnuTar(
			t,
			`for i in $(seq 0 60); do printf "part $i" | dd of=f bs=1 seek=$((i * 100000)) conv=notrunc status=none; done
			truncate -s 7M f; truncate -s 1M hole; truncate -s 1M end; printf x >> end; printf after > next`,
			...['--sparse', '--hole-detection=raw'],
			...(format === 'gnu' ? ['--format=gnu'] : ['--format=posix', `--sparse-version=${format}`]),
		);
		t.true(tar.length < 700_000);
		const expected = Buffer.alloc(7 * 1024 * 1024);
		for (let i = 0; i <= 60; i++) expected.write(`part ${i}`, i * 100_000);
		const members = new Map((await read(tar, 3000)).map((each) => [each.header.name, each]));
		t.true(members.get('./f')?.body === expected.toString());
		t.is(members.get('./f')?.header.sizeBytes, expected.length);
		t.true(members.get('./hole')?.body === '\0'.repeat(1024 * 1024));
		t.true(members.get('./end')?.body === `${'\0'.repeat(1024 * 1024)}x`);
		t.is(members.get('./next')?.body, 'after');
	});
}

test('tarMembers() skips a sparse file, also the rest of one', async (t) => {
	const tar = await gnuTar(
		t,
		'truncate -s 1M a; printf xyz >> a; printf b > b',
		'--sparse',
		'--format=posix',
	);
	const seen: string[] = [];
	for await (const { header, content } of tarMembers(bytesOf(tar), 'test')) {
		seen.push(header.name);
		for await (const _ of content()) break;
	}
	t.deepEqual(seen, ['./', './a', './b']);
});

test('tarMembers() reads large numbers and times before 1970', async (t) => {
	const tar = await gnuTar(t, 'touch a', '--format=gnu', '--mtime=@-5', '--owner=:2500000');
	t.like((await read(tar)).find(({ header }) => header.name === './a')?.header, {
		mtimeSeconds: 0,
		uid: 2_500_000,
	});
	const posix = await gnuTar(t, 'touch a', '--format=posix', '--mtime=@-5.5');
	t.is((await read(posix)).at(-1)?.header.mtimeSeconds, 0);
});

test('tarMembers() reads the size of a file of more than 8 GiB', async (t) => {
	const tar = await withHeader((header) => {
		header.fill(0, 124, 136);
		header[124] = 0x80;
		header.writeUInt32BE(3, 128); // 3 * 2^32 bytes
	});
	const members = tarMembers(bytesOf(tar), 'test');
	t.is((await members.next()).value?.header.sizeBytes, 3 * 2 ** 32);
	await t.throwsAsync(members.next(), { message: /ends in the middle of a\.$/ });
});

test('tarMembers() applies a global PAX header to all later members without a record of their own', async (t) => {
	const tar = await gnuTar(
		t,
		'touch a b',
		'--format=posix',
		'--pax-option=globexthdr.name=g,comment=nobody,gid=77',
	);
	t.deepEqual(
		(await read(tar)).map(({ header }) => header.gid),
		[77, 77, 77],
	);
});

test('tarMembers() ignores garbage after the end', async (t) => {
	const tar = await makeTar([{ name: 'a', body: 'a' }]);
	t.is((await read(Buffer.concat([tar, Buffer.alloc(777, 'x')]))).length, 1);
});

test('tarMembers() accepts a tar without an end mark, as other readers do', async (t) => {
	const tar = await makeTar([{ name: 'a', body: 'a' }]);
	t.is((await read(tar.subarray(0, 1024))).length, 1);
});

for (const [given, mtimeSeconds] of [
	['1.75', 1],
	['-1.75', 0],
	['1e300', Number.MAX_SAFE_INTEGER],
	['Infinity', Number.MAX_SAFE_INTEGER],
	['noon', 0],
] as const) {
	test(`tarMembers() reads the PAX mtime ${given} as ${mtimeSeconds}`, async (t) => {
		const records = await pax(encodePaxRecords([{ key: 'mtime', value: Buffer.from(given) }]));
		const tar = Buffer.concat([records.subarray(0, 1024), await makeTar([{ name: 'a', body: 'a' }])]);
		t.is((await read(tar))[0]?.header.mtimeSeconds, mtimeSeconds);
	});
}

test('tarMembers() reads a tar that ends without padding, or with one block of zeros', async (t) => {
	const tar = await makeTar([
		{ name: 'a', body: 'a' },
		{ name: 'b', body: 'b'.repeat(700) },
	]);
	const unpadded = tar.subarray(0, 512 + 512 + 512 + 700);
	const oneBlock = tar.subarray(0, 512 + 512 + 512 + 1024 + 512);
	for (const bytes of [unpadded, oneBlock])
		t.deepEqual(
			(await read(bytes)).map(({ header }) => header.name),
			['a', 'b'],
		);
	// Contents that are cut are still an error.
	await t.throwsAsync(async () => await read(unpadded.subarray(0, -1)), { code: 'BAD_IMAGE' });
});
