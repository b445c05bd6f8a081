// Layers that unpack to far more than they have, and images of more layers than a process may have open files.

import { readdirSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { SlipwayError } from '../../../../tools/errors.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { parseBuildOptions } from '../../../../tools/options/build-options.ts';
import { imageEntries } from '../../../../tools/system/image-entries.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, makeTar } from '../../../helpers/tar.ts';

const limitBytes = 2 ** 20;

async function unpack(t: ExecutionContext, tars: readonly Buffer[], pack = (tar: Buffer) => tar) {
	const store = openImageStore(scratchFolder(t), new Set(), limitBytes);
	const layers = await Promise.all(
		tars.map(async (tar) => ({
			descriptor: await store.writeBlob(bytesOf(pack(tar)), mediaTypes.layer),
			diffId: digestOf(tar),
		})),
	);
	await store.putImage('evil:1', { config: { architecture: 'amd64', os: 'linux', config: {} }, layers });
	const image = await store.find('evil:1', { architecture: 'amd64', os: 'linux' });
	if (image === null) throw new Error('no image');
	let files = 0;
	let mostOpen = 0;
	for await (const entry of imageEntries(store.blobs, image)) {
		if (entry.kind !== 'file') continue;
		for await (const _ of entry.content());
		files += 1;
		mostOpen = Math.max(mostOpen, readdirSync('/proc/self/fd').length);
	}
	return { files, mostOpen };
}

for (const [name, pack] of [
	['gzip', gzipSync],
	['zstd', zstdCompressSync],
] as const) {
	test(`imageEntries() refuses a ${name} bomb and names image and layer`, async (t) => {
		const tar = await makeTar([{ name: 'zeros', body: '\0'.repeat(64 * limitBytes) }]);
		const layer = digestOf(pack(tar));
		t.true(pack(tar).length < 100_000);
		await t.throwsAsync(unpack(t, [tar], pack), {
			instanceOf: SlipwayError,
			code: 'BAD_IMAGE',
			message: `docker.io/library/evil:1: the layer ${layer} unpacks to more than 1.0 MB. If it is to be so large: slipway build --max-unpacked SIZE.`,
		});
	});
}

test('imageEntries() refuses many layers that are too large together', async (t) => {
	const tars = await Promise.all(
		[1, 2, 3].map((index) => makeTar([{ name: `f${index}`, body: '\0'.repeat(limitBytes / 2) }])),
	);
	await t.throwsAsync(unpack(t, tars), {
		message: /^docker\.io\/library\/evil:1: its files unpack to more than 1\.0 MB\./,
	});
});

test('imageEntries() refuses a sparse file that is too large, before a byte of it is written', async (t) => {
	const pax = { 'GNU.sparse.size': '4000000000', 'GNU.sparse.map': '0,1' };
	const tar = await makeTar([{ name: 'sparse', body: 'x', pax }]);
	await t.throwsAsync(unpack(t, [tar]), { message: /its files unpack to more than 1\.0 MB/ });
});

// Alone, since it counts all open files of this process.
test.serial('imageEntries() of 300 layers keeps few files open', async (t) => {
	const tars = await Promise.all(
		Array.from({ length: 300 }, (_, index) => makeTar([{ name: `f${index}`, body: `${index}` }])),
	);
	const { files, mostOpen } = await unpack(t, tars);
	t.is(files, 300);
	t.true(mostOpen < 150, `${mostOpen} open files`);
});

test('imageEntries() takes a layer of more files than a process may have open', async (t) => {
	const members = Array.from({ length: 1500 }, (_, index) => ({ name: `d/${index}`, body: '' }));
	const { files, mostOpen } = await unpack(t, [await makeTar(members)]);
	t.is(files, 1500);
	t.true(mostOpen < 150, `${mostOpen} open files`);
});

test('parseBuildOptions() reads --max-unpacked', (t) => {
	t.is(parseBuildOptions(['a.yml', '--max-unpacked', '20G']).maxUnpackedBytes, 20 * 2 ** 30);
	t.is(parseBuildOptions(['a.yml']).maxUnpackedBytes, null);
	t.throws(() => parseBuildOptions(['a.yml', '--max-unpacked=much']), { message: /such as 20G/ });
});
