// Hostile tarballs and archives for `service run`, in a memory of 4 MiB: what does not fit is refused, and nothing of the machine is read.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import ava from 'ava';
import { openImageMemory } from '../../../../../supervisor/cli/run/image-memory.ts';
import { unpackImage } from '../../../../../supervisor/cli/run/unpack-image.ts';
import { openAddon } from '../../../../helpers/addon.ts';
import { scratchFolder } from '../../../../helpers/scratch-folder.ts';
import { bytesOf, digestOf, type Member, makeTar } from '../../../../helpers/tar.ts';

const test = ava.serial;
const native = await openAddon();
const outside = scratchFolder();

interface Unpacked {
	readonly error: string;
	readonly defaults: object;
	/** The names in the root. */
	readonly names: readonly string[];
	readonly read: (name: string) => string;
	/** Those that stay of an archive after its layers were unpacked. */
	readonly left: readonly string[];
}

/** @param check - looks while the memory is there */
async function unpack(tar: Uint8Array, check: (unpacked: Unpacked) => void): Promise<void> {
	const memory = openImageMemory(native, 4 * 2 ** 20);
	let [error, defaults]: [string, object] = ['', {}];
	try {
		try {
			({ defaults } = await unpackImage('-', bytesOf(tar), memory, native));
		} catch (cause) {
			error = (cause as Error).message;
		}
		check({
			error,
			defaults,
			names: readdirSync(memory.path('image'), { recursive: true }).map(String).sort(),
			read: (name) => readFileSync(memory.path(`image/${name}`), 'utf8'),
			left: readdirSync(memory.path('.')).sort(),
		});
	} finally {
		memory.close();
	}
}

const zeros = await makeTar([{ name: 'zeros', body: Buffer.alloc(64 * 2 ** 20) }]);
/** A PAX header makes the next member, of no bytes, a file of 1 TB with one hole. */
const sparse = await makeTar([
	{ name: 'hole', pax: { 'GNU.sparse.size': String(2 ** 40), 'GNU.sparse.numblocks': '0' } },
]);
const bombs: Readonly<Record<string, Uint8Array>> = {
	'zeros in gzip': gzipSync(zeros),
	'zeros in zstd': zstdCompressSync(zeros),
	'gzip in an archive of docker save': await savedImage([
		{ name: 'zeros', body: Buffer.alloc(64 * 2 ** 20) },
	]),
	'a sparse file': sparse,
	'many files': await makeTar(
		Array.from({ length: 2000 }, (_, index) => ({ name: `file${index}`, body: Buffer.alloc(4096) })),
	),
};

/** As `docker save` writes it, of one compressed layer. */
async function savedImage(
	members: readonly Member[],
	{ layer = 'layer.tar', more = [] }: { layer?: string; more?: readonly Member[] } = {},
): Promise<Buffer> {
	const tar = await makeTar(members);
	const config = {
		architecture: 'amd64',
		os: 'linux',
		rootfs: { diff_ids: [digestOf(tar)] },
		config: { Cmd: ['/x'] },
	};
	return await makeTar([
		{ name: 'layer.tar', body: gzipSync(tar) },
		{ name: 'config.json', body: JSON.stringify(config) },
		{ name: 'manifest.json', body: JSON.stringify([{ Config: 'config.json', Layers: [layer] }]) },
		...more,
	]);
}

for (const [name, tar] of Object.entries(bombs)) {
	test(`unpackImage() refuses what does not fit: ${name}`, async (t) => {
		await unpack(tar, ({ error }) =>
			t.regex(error, /does not fit into 4 MiB, which is half of the free memory/),
		);
	});
}

test('unpackImage() takes one file that comes many times', async (t) => {
	const members = Array.from({ length: 20 }, (_, index) => ({
		name: 'a',
		body: Buffer.alloc(2 ** 20, `${index % 10}`),
	}));
	await unpack(await makeTar(members), ({ error, names, read }) => {
		t.deepEqual([error, names], ['', ['a']]);
		t.is(read('a').slice(0, 3), '999');
	});
});

test('unpackImage() reads nothing of the machine for the names in an archive', async (t) => {
	const secret = join(outside, 'secret.tar');
	const members = [{ name: 'secret', body: 'not yours' }];
	writeFileSync(secret, await makeTar(members));
	const link = (linkname: string): Member => ({ name: 'link', type: 'symlink', linkname });
	const deep = '../../../../../../../..';
	const layers: Readonly<Record<string, readonly [layer: string, more: readonly Member[]]>> = {
		'its path': [secret, []],
		'a path of many ..': [`${deep}${secret}`, []],
		'a link': ['link', [link(secret)]],
		'a link of many ..': ['link', [link(`${deep}${secret}`)]],
		'a link to a descriptor': ['link', [link('/proc/self/fd/0')]],
		'a FIFO': ['pipe', [{ name: 'pipe', type: 'fifo' }]],
		'a device': ['zero', [{ name: 'zero', type: 'character-device', devmajor: 1, devminor: 5, mode: 0o666 }]],
		'a directory': ['folder', [{ name: 'folder', type: 'directory' }]],
	};
	for (const [name, [layer, more]] of Object.entries(layers)) {
		await unpack(await savedImage(members, { layer, more }), ({ error }) => {
			t.regex(error, /which it names|leads out of its tree|is no file/, name);
		});
	}
	t.true(statSync(secret).size > 0, 'and it is not emptied');
});

test('unpackImage() frees an archive once its layers are unpacked', async (t) => {
	await unpack(
		await savedImage([{ name: 'a', body: 'of the layer' }]),
		({ error, defaults, names, left }) => {
			t.deepEqual([error, defaults, names], ['', { Cmd: ['/x'] }, ['a']]);
			t.deepEqual(left, ['image', 'root', 'upper', 'work']);
		},
	);
});
