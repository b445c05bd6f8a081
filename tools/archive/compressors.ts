// zstd for the parts of archives: two at a time, whichever archive they belong to, and never more memory than for a
// few parts. zstd's own threads would do the same for one stream, but Node's zlib is built without them
// (`ZSTD_c_nbWorkers` is refused).

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createZstdCompress, zstdCompress } from 'node:zlib';
import { openPool } from '../files/concurrency.ts';
import { coalesce } from './coalesce.ts';

/** For what is held whole: the window, beyond which zstd sees nothing. Twice as much saves next to nothing. */
export const partBytes = 8 * 1024 * 1024;

export type Compression = 'fast' | 'best';

/**
 * Of the Redis OS, 254 MB of files: level 3 makes 85 MB in 1.3 s on one core at 2.5 GHz, 4 82 MB in 1.7 s, 7 77 MB in
 * 3.1 s, 9 75 MB in 5.2 s. From 4 on the tables outgrow a core's own cache, so that on a busy machine 4 takes 1.7 times
 * as long as 3, and a cold build longer than a person's `umoci unpack` and `cpio | zstd -T0`. Up to 15 little more is
 * gained; 19 saves a fifth, and takes a minute for a big program. The kernel unpacks all of them equally fast.
 */
const levels: Readonly<Record<Compression, number>> = { fast: 3, best: 19 };

/** 8 MB: what the kernel's decoder has to hold of the past (lib/decompress_unzstd.c). */
const windowLog = 23;

export interface Compressors {
	/** What the bytes depend on besides the input. */
	readonly format: string;
	/** Resolves when `archive`, of up to `partBytes`, is read; `frame` when it is compressed. */
	part(archive: AsyncIterable<Uint8Array>): Promise<{ readonly frame: Promise<Buffer<ArrayBuffer>> }>;
	/** An archive of any size, which isn't held: `write` gets its frame piece by piece. */
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
	// Two that are being compressed, and one that is being filled.
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
			// Reported to whoever awaits it, which may be later than it fails.
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

const zstd = promisify(zstdCompress);

/** With its size known, and room for the worst, zstd reads from the buffer itself and copies nothing. */
async function compressWhole(
	bytes: Buffer,
	params: Readonly<Record<number, number>>,
): Promise<Buffer<ArrayBuffer>> {
	const mostBytes = bytes.length + (bytes.length >> 8) + 1024;
	return await zstd(bytes, { params, pledgedSrcSize: bytes.length, chunkSize: mostBytes });
}

/** The garbage collector sees only the few bytes of the object and lets a hundred megabytes of frames pile up. */
export function letGo(frame: Buffer<ArrayBuffer>): void {
	// Small buffers share one.
	if (frame.buffer.byteLength >= 1024 * 1024) frame.buffer.transfer(0);
}
