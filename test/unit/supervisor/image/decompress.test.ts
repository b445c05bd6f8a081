import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { decompressArchive } from '../../../../supervisor/image/decompress.ts';
import { bytesOf } from '../../../helpers/tar.ts';

const whole = Buffer.from('a tar'.repeat(1000));

const decompressed = (bytes: Uint8Array) => buffer(decompressArchive(bytesOf(bytes), 'box.tar'));

test('decompressArchive() yields what is compressed by gzip, by zstd or not at all', async (t) => {
	for (const bytes of [whole, gzipSync(whole), zstdCompressSync(whole)])
		t.true((await decompressed(bytes)).equals(whole));
});

test('decompressArchive() names an archive that is cut or damaged', async (t) => {
	const gzip = gzipSync(whole);
	await t.throwsAsync(decompressed(gzip.subarray(0, -20)), {
		code: 'BAD_IMAGE',
		message: "box.tar can't be decompressed: unexpected end of file. It is cut or damaged.",
	});
	const zstd = zstdCompressSync(whole);
	for (const bytes of [Buffer.concat([gzip.subarray(0, 20), Buffer.alloc(40, 1)]), zstd.subarray(0, -6)])
		await t.throwsAsync(decompressed(bytes), {
			message: /^box\.tar can't be decompressed: .+\. It is cut or damaged\.$/,
		});
});

test('decompressArchive() passes on what the stream below throws', async (t) => {
	async function* failing(): AsyncGenerator<Uint8Array> {
		yield gzipSync(whole).subarray(0, 10);
		throw new Error('the registry is gone');
	}
	await t.throwsAsync(buffer(decompressArchive(failing(), 'box.tar')), { message: 'the registry is gone' });
});
