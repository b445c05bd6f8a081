// Compresses the parts of archives by zstd: two parts at a time, whichever archive they belong to, and with the memory of a
// few parts. zstd's own threads would do the same for one stream, but Node's zlib is built without them (it refuses
// `ZSTD_c_nbWorkers`).

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createZstdCompress, zstdCompress } from 'node:zlib';
import { openPool } from '../files/concurrency.ts';

/** The size of the window, beyond which zstd finds no repetition. Twice as much makes frames hardly smaller. */
export const partBytes = 8 * 1024 * 1024;

export type Compression = 'fast' | 'best';

/**
 * Measured with the 254 MB of the Redis OS on one core at 2.5 GHz: level 3 makes 85 MB in 1.3 s, 4 82 MB in 1.7 s, 7 77 MB
 * in 3.1 s, 9 75 MB in 5.2 s. From 4 on the tables are larger than a core's own cache: on a busy machine 4 takes 1.7 times
 * as long as 3, and a cold build longer than `umoci unpack` and `cpio | zstd -T0` by hand. Levels up to 15 are little
 * better; 19 saves a fifth and takes a minute for a big program. The kernel unpacks all of them equally fast.
 */
const levels: Readonly<Record<Compression, number>> = { fast: 3, best: 19 };

/** 8 MB, which the kernel's decoder holds in memory (lib/decompress_unzstd.c). */
const windowLog = 23;

export interface Compressors {
	/** Names all that the bytes depend on besides the input. */
	readonly format: string;
	/** Resolves when `archive`, which has up to `partBytes`, is read. `frame` resolves when it is compressed. */
	part(archive: AsyncIterable<Uint8Array>): Promise<{ readonly frame: Promise<Buffer<ArrayBuffer>> }>;
	/** Compresses an archive of any size without holding it in memory. `write` receives the frame in pieces. */
	large(archive: AsyncIterable<Uint8Array>, write: (bytes: Uint8Array) => Promise<void>): Promise<void>;
}

export function openCompressors(compression: Compression = 'fast'): Compressors {
	const level = levels[compression];
	const params = {
		[constants.ZSTD_c_compressionLevel]: level,
		[constants.ZSTD_c_windowLog]: windowLog,
		// The kernel notices a damaged initrd by it.
		[constants.ZSTD_c_checksumFlag]: 1,
	};
	// Two buffers are compressed while one is filled.
	const buffers = openPool(3, () => Buffer.alloc(partBytes));
	const cores = openPool(2, () => ({}));

	async function compress(buffer: Buffer<ArrayBuffer>, length: number): Promise<Buffer<ArrayBuffer>> {
		try {
			return await cores.use(async () => await compressWhole(buffer.subarray(0, length), params));
		} finally {
			buffers.give(buffer);
		}
	}

	return {
		format: `zstd ${level} ${windowLog}, parts of ${partBytes}`,
		async part(archive) {
			const buffer = await buffers.take();
			let length = 0;
			try {
				for await (const chunk of archive) {
					buffer.set(chunk, length);
					length += chunk.length;
				}
			} catch (error) {
				buffers.give(buffer);
				throw error;
			}
			const frame = compress(buffer, length);
			// The caller awaits it, which may be later than it fails.
			frame.catch(() => undefined);
			return { frame };
		},
		async large(archive, write) {
			await cores.use(
				async () =>
					await pipeline(
						Readable.from(coalesce(archive), { objectMode: false }),
						createZstdCompress({ params, chunkSize: 256 * 1024 }),
						async (frame: AsyncIterable<Uint8Array>) => {
							for await (const bytes of frame) await write(bytes);
						},
					),
			);
		},
	};
}

const coalescedBytes = 256 * 1024;

/** Joins small chunks: a compressor in another thread costs more for each chunk than for its bytes. */
async function* coalesce(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	let waiting: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of chunks) {
		waiting.push(chunk);
		length += chunk.length;
		if (length < coalescedBytes) continue;
		yield Buffer.concat(waiting);
		waiting = [];
		length = 0;
	}
	if (length > 0) yield Buffer.concat(waiting);
}

const zstd = promisify(zstdCompress);

/** zstd copies nothing when it knows the size and has an output buffer for the worst case. */
async function compressWhole(
	bytes: Buffer,
	params: Readonly<Record<number, number>>,
): Promise<Buffer<ArrayBuffer>> {
	const maxFrameBytes = bytes.length + (bytes.length >> 8) + 1024;
	return await zstd(bytes, { params, pledgedSrcSize: bytes.length, chunkSize: maxFrameBytes });
}

/** Frees a frame at once. The garbage collector counts only the object's few bytes, and a hundred megabytes would remain. */
export function freeFrame(frame: Buffer<ArrayBuffer>): void {
	// Small buffers share an ArrayBuffer.
	if (frame.buffer.byteLength >= 1024 * 1024) frame.buffer.transfer(0);
}
