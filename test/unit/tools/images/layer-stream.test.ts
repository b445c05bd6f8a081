import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { readLayer } from '../../../../tools/images/layer-stream.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf } from '../../../helpers/tar.ts';

const halves = [randomBytes(700_000), Buffer.alloc(900_000, 'x')];
const plain = Buffer.concat(halves);

async function contents(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const parts: Uint8Array[] = [];
	for await (const part of stream) parts.push(part);
	return Buffer.concat(parts);
}

/** RFC 8878, 3.1.2: a magic number, the length, and bytes for somebody else. */
function skippableAround(frames: Buffer): Buffer {
	const skippable = Buffer.from('532a4d1804000000ffffffff', 'hex');
	return Buffer.concat([skippable, frames, skippable]);
}

const blobs: readonly [string, Buffer][] = [
	['plain', plain],
	['gzip', gzipSync(plain)],
	['zstd', zstdCompressSync(plain)],
	['gzip in two members', Buffer.concat(halves.map((half) => gzipSync(half)))],
	['zstd behind a skippable frame, and before one', skippableAround(zstdCompressSync(plain))],
	['zstd in two frames', Buffer.concat(halves.map((half) => zstdCompressSync(half)))],
];

for (const [name, blob] of blobs) {
	// The media type is wrong on purpose: the bytes decide.
	test(`readLayer() unpacks ${name}`, async (t) => {
		const store = openImageStore(scratchFolder(t));
		const layer = await store.writeBlob(bytesOf(blob), mediaTypes.layer);
		t.true(plain.equals(await contents(readLayer(store.blobs, layer, digestOf(plain), 'an image'))));
	});

	test(`readLayer() tells another diffID: digest mismatch, ${name}`, async (t) => {
		const store = openImageStore(scratchFolder(t));
		const layer = await store.writeBlob(bytesOf(blob), mediaTypes.layer);
		const wrong = digestOf(Buffer.from('other'));
		await t.throwsAsync(contents(readLayer(store.blobs, layer, wrong, 'an image')), {
			code: 'DIGEST_MISMATCH',
		});
	});
}

test('readLayer() names the blob that can not be unpacked', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const blob = gzipSync(plain);
	const layer = await store.writeBlob(bytesOf(blob), mediaTypes.layerGzip);
	blob.fill(0xff, 5000);
	writeFileSync(store.blobs.path(layer.digest), blob);
	await t.throwsAsync(contents(readLayer(store.blobs, layer, null, 'an image')), {
		code: 'BAD_IMAGE',
		message: new RegExp(`^an image: the layer ${layer.digest} can't be unpacked`),
	});
});

for (const [name, compress] of Object.entries({ gzip: gzipSync, zstd: zstdCompressSync })) {
	test(`readLayer() names image and layer of a cut blob, ${name}`, async (t) => {
		const store = openImageStore(scratchFolder(t));
		const layer = await store.writeBlob(bytesOf(compress(plain).subarray(0, -9)), mediaTypes.layer);
		await t.throwsAsync(contents(readLayer(store.blobs, layer, null, 'an image')), {
			code: 'BAD_IMAGE',
			message: `an image: the layer ${layer.digest} can't be unpacked: unexpected end of file.`,
		});
	});
}

test('readLayer() names image and blob when a blob was damaged on disk', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const layer = await store.writeBlob(bytesOf(plain), mediaTypes.layer);
	writeFileSync(store.blobs.path(layer.digest), plain.subarray(1));
	await t.throwsAsync(contents(readLayer(store.blobs, layer, null, 'an image')), {
		code: 'DIGEST_MISMATCH',
		message: new RegExp(`^an image: The blob ${layer.digest}`),
	});
});
