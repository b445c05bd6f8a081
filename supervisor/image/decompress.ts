// Decompresses a layer, or an archive of images.

import { Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { errorMessage } from '../../native/text/error-message.ts';
import { SlipwayError } from './slipway-error.ts';

/** The number of bytes at the start of a blob that show its compression. */
export const magicBytes = 4;

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
 * Yields the decompressed bytes of an archive. Throws a `SlipwayError` when the bytes are cut or damaged.
 *
 * @param what - names the archive in an error
 */
export async function* decompressArchive(
	compressed: AsyncIterable<Uint8Array>,
	what: string,
): AsyncGenerator<Uint8Array, void> {
	try {
		yield* decompress(compressed);
	} catch (cause) {
		if (!isFaultOfData(cause)) throw cause;
		const why = `${what} can't be decompressed: ${errorMessage(cause)}. It is cut or damaged.`;
		throw new SlipwayError('BAD_IMAGE', why, { cause });
	}
}

/** zlib's codes; the others are of the stream below. */
function isFaultOfData(error: unknown): boolean {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	return /^Z(STD)?_/.test(code) && code !== 'Z_MEM_ERROR';
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
