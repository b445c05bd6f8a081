// Reads a layer's blob as an uncompressed tar and checks it against its diffID (image-spec `config.md`).

import { createHash } from 'node:crypto';
import { Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { errorMessage } from '../../native/text/error-message.ts';
import { SlipwayError } from '../errors.ts';
import type { BlobFolder } from './blob-folder.ts';
import type { Descriptor } from './descriptor.ts';
import { unpackedLimit } from './unpacked-limit.ts';

/** The number of bytes at the start of a blob that show its compression. */
export const magicBytes = 4;

/**
 * Yields the bytes of the tar. Throws when the layer can't be unpacked or does not have its diffID.
 *
 * @param diffId - is compared at the end of the stream; null when an earlier reading has compared it
 * @param image - names the image in errors
 */
export async function* readLayer(
	blobs: BlobFolder,
	layer: Descriptor,
	diffId: string | null,
	image: string,
): AsyncIterable<Uint8Array> {
	const hash = createHash('sha256');
	const count = unpackedLimit(`the layer ${layer.digest} unpacks`, await blobs.maxUnpackedBytes());
	try {
		for await (const chunk of decompress(blobs.read(layer))) {
			count(chunk.length);
			if (diffId !== null) hash.update(chunk);
			yield chunk;
		}
	} catch (cause) {
		if (cause instanceof SlipwayError)
			throw new SlipwayError(cause.code, `${image}: ${cause.message}`, { cause });
		const why = errorMessage(cause);
		const message = `${image}: the layer ${layer.digest} can't be unpacked: ${why}.`;
		throw new SlipwayError('BAD_IMAGE', message, { cause });
	}
	if (diffId === null) return;
	const found = `sha256:${hash.digest('hex')}`;
	if (found === diffId) return;
	throw new SlipwayError(
		'DIGEST_MISMATCH',
		`${image}: the layer ${layer.digest} unpacks to ${found}, not to its diffID ${diffId}.`,
	);
}

/** Yields the decompressed bytes. The first bytes show the compression: `docker save` does not declare it. */
export async function* decompress(compressed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
	const source = compressed[Symbol.asyncIterator]();
	const head: Uint8Array[] = [];
	let length = 0;
	while (length < magicBytes) {
		const next = await source.next();
		if (next.done === true) break;
		head.push(next.value);
		length += next.value.length;
	}
	const decoder = decoderFor(Buffer.concat(head.map((part) => part.subarray(0, magicBytes))));
	const whole = Readable.from(concat(head, source), { objectMode: false, highWaterMark: 256 * 1024 });
	if (decoder === null) {
		yield* whole as AsyncIterable<Buffer>;
		return;
	}
	whole.on('error', (error) => decoder.destroy(error));
	try {
		yield* whole.pipe(decoder) as AsyncIterable<Buffer>;
	} finally {
		// Closes the blob also after an early end or an error of the decoder.
		whole.destroy();
		decoder.destroy();
	}
}

/**
 * Returns null for bytes without a known compression.
 *
 * @param head - the first `magicBytes` of the blob
 */
export function compressionOf(head: Buffer): 'gzip' | 'zstd' | null {
	if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
	if (head.length < magicBytes) return null;
	const magic = head.readUInt32LE(0);
	// A skippable frame may come first (RFC 8878, 3.1.2).
	return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5 ? 'zstd' : null;
}

function decoderFor(magic: Buffer): Transform | null {
	switch (compressionOf(magic)) {
		case 'gzip':
			return createGunzip({ chunkSize: 256 * 1024 });
		case 'zstd':
			return createZstdDecompress({ chunkSize: 256 * 1024 });
		default:
			return null;
	}
}

async function* concat(
	head: readonly Uint8Array[],
	rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
	yield* head;
	for (;;) {
		const next = await rest.next();
		if (next.done === true) return;
		yield next.value;
	}
}
