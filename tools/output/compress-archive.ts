// A compressed archive of an initrd: one zstd frame that holds one whole cpio archive, as the kernel wants it
// (Documentation/driver-api/early-userspace/buffer-format.rst; lib/decompress_unzstd.c).

import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import type { Entry } from '../rootfs/entry.ts';
import { coalesce } from './coalesce.ts';
import { cpioArchive } from './cpio.ts';

/**
 * Level 9 packs Node's 116 MB to 35.0 MB in 2.3 s; level 6 needs 1.3 s for 36.5 MB, level 15 17 s for 34.5 MB
 * (measured on two cores at 2.5 GHz). The kernel unpacks all of them equally fast.
 */
const compressionLevel = 9;

/** 8 MB: what the kernel's decoder has to hold of the past (lib/decompress_unzstd.c). */
const windowLog = 23;

/** Changes whenever the same entries would be packed differently. */
const formatVersion = 3;

/** Part of the key of everything that is kept. */
export const archiveFormat = `cpio ${formatVersion}, zstd ${compressionLevel} ${windowLog}`;

/**
 * Writes a new file; returns its size. With `flush` it is on the disk when this resolves. zstd's own threads would use both
 * cores for one archive, but Node's zlib is built without them (`ZSTD_c_nbWorkers` is refused).
 */
export async function compressArchive(
	entries: AsyncIterable<Entry>,
	path: string,
	flush: boolean,
): Promise<number> {
	const blocks = coalesce(cpioArchive(entries));
	const [first, second] = [await blocks.next(), await blocks.next()];
	const start = [first, second].flatMap(({ value }) => value ?? []);
	const compress = createZstdCompress({
		params: {
			[constants.ZSTD_c_compressionLevel]: compressionLevel,
			[constants.ZSTD_c_windowLog]: windowLog,
		},
		// A small archive's size is known beforehand: for it zstd takes some kilobytes instead of 30 MB.
		...(second.done === true ? { pledgedSrcSize: first.value?.length ?? 0 } : {}),
		chunkSize: 256 * 1024,
	});
	const archive = Readable.from(chain(start, blocks), { objectMode: false });
	await pipeline(archive, compress, createWriteStream(path, { flags: 'wx', flush }));
	return (await stat(path)).size;
}

async function* chain(
	start: readonly Uint8Array[],
	rest: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
	try {
		yield* start;
		yield* rest;
	} finally {
		await rest.return();
	}
}
