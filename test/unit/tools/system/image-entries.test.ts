// The errors of an image whose layer is wrong name image, layer and entry.

import { rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { imageEntries } from '../../../../tools/system/image-entries.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, makeTar } from '../../../helpers/tar.ts';

const reference = 'docker.io/slipway/a:v1';

/** An image of one good layer and then `blob`, which unpacks to `tar`. */
async function imageOf(t: ExecutionContext, tar: Buffer, blob: Buffer = tar) {
	const store = openImageStore(scratchFolder(t));
	const layers = [];
	for (const [bytes, unpacked] of [
		[await makeTar([{ name: 'first', body: 'x' }]), null],
		[blob, tar],
	] as const) {
		const descriptor = await store.writeBlob(bytesOf(bytes), mediaTypes.layer);
		layers.push({ descriptor, diffId: digestOf(unpacked ?? bytes) });
	}
	await store.putImage(reference, { config: { architecture: 'amd64', os: 'linux', config: {} }, layers });
	const image = await store.find(reference);
	if (image === null) throw new Error('no image');
	const read = async (): Promise<void> => {
		for await (const entry of imageEntries(store.blobs, image))
			if (entry.kind === 'file') for await (const _ of entry.content());
	};
	return { store, digest: digestOf(blob), read };
}

const large = makeTar([{ name: 'etc/large', body: 'a'.repeat(5000) }]);

test('imageEntries() names image, layer and entry of a cut archive', async (t) => {
	const { digest, read } = await imageOf(t, (await large).subarray(0, 2000));
	await t.throwsAsync(read, {
		code: 'BAD_IMAGE',
		message: `${reference}: the layer ${digest} is not a whole tar: it ends in the middle of etc/large.`,
	});
});

test('imageEntries() names image and layer of a cut gzip', async (t) => {
	const { digest, read } = await imageOf(t, await large, gzipSync(await large).subarray(0, -9));
	await t.throwsAsync(read, {
		code: 'BAD_IMAGE',
		message: `${reference}: the layer ${digest} can't be unpacked: unexpected end of file.`,
	});
});

test('imageEntries() names image, layer and entry of a device node whose number shifts a cpio header', async (t) => {
	const tar = await makeTar([{ name: 'dev/node', type: 'character-device', devmajor: 1, devminor: 1 }]);
	// The major in GNU's binary form: nine hexadecimal digits, one more than the field of a cpio header has.
	tar.write('\x80\x00\x00\x01\x00\x00\x00\x00', 329, 'latin1');
	tar.write('        ', 148);
	const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
	tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
	const { digest, read } = await imageOf(t, tar);
	await t.throwsAsync(read, {
		code: 'BAD_IMAGE',
		message: `${reference}: the layer ${digest}: dev/node: major is 4294967296, but must be a number from 0 to 4095.`,
	});
});

test('imageEntries() names image, layer and entry of a path that leads out: path escape', async (t) => {
	const { digest, read } = await imageOf(t, await makeTar([{ name: 'a/../../evil', body: 'x' }]));
	await t.throwsAsync(read, {
		code: 'BAD_IMAGE',
		message: `${reference}: the layer ${digest} has the path "a/../../evil", which leads out of its tree.`,
	});
});

test('imageEntries() names image and layer of another diffID: digest mismatch', async (t) => {
	const { digest, read } = await imageOf(t, await large, await makeTar([{ name: 'other', body: 'x' }]));
	await t.throwsAsync(read, {
		code: 'DIGEST_MISMATCH',
		message: new RegExp(`^${reference}: the layer ${digest} unpacks to`),
	});
});

test('imageEntries() names image and blob of a layer that was damaged on the disk', async (t) => {
	const { store, digest, read } = await imageOf(t, await large);
	writeFileSync(store.blobs.path(digest), Buffer.alloc(7000, 'x'));
	await t.throwsAsync(read, {
		code: 'DIGEST_MISMATCH',
		message: new RegExp(`^${reference}: [Tt]he blob ${digest} .*damaged`),
	});
});

test('imageEntries() names image and blob of a layer that the store lacks', async (t) => {
	const { store, digest, read } = await imageOf(t, await large);
	rmSync(store.blobs.path(digest));
	await t.throwsAsync(read, {
		code: 'BLOB_MISSING',
		message: new RegExp(`^${reference}: The image store has no blob ${digest}`),
	});
});
