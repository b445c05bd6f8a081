// Writes a compressed archive of an initrd: zstd frames with one complete cpio archive each, as the kernel expects them
// (Documentation/driver-api/early-userspace/buffer-format.rst; lib/decompress_unzstd.c). Their number depends on the
// entries alone, so the same entries give the same bytes.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { archiveParts } from './archive-parts.ts';
import { type Compressors, freeFrame, partBytes } from './compressors.ts';
import { cpioArchive } from './cpio.ts';
import type { Entry } from './entry.ts';

/** Is increased when the same entries give other bytes: see test/unit/tools/output/cache-versions.test.ts. */
const formatVersion = 8;

/** Returns the part of a cache key that the format of archives determines. */
export function archiveFormat(compressors: Compressors): string {
	return `cpio ${formatVersion}, ${compressors.format}`;
}

export interface ArchiveFile {
	/** The file must not exist. */
	readonly path: string;
	/** Waits until the file is on the disk. */
	readonly flush: boolean;
}

/** Writes the archive to a new file. Returns the SHA-256 of its bytes as 64 hexadecimal digits. */
export async function compressArchive(
	entries: AsyncIterable<Entry>,
	{ path, flush }: ArchiveFile,
	compressors: Compressors,
): Promise<string> {
	const file = await open(path, 'wx');
	const hash = createHash('sha256');
	const write = async (bytes: Uint8Array): Promise<void> => {
		hash.update(bytes);
		await file.writeFile(bytes);
	};
	let written = Promise.resolve();
	try {
		for await (const part of archiveParts(entries, partBytes)) {
			const archive = cpioArchive(part.entries);
			if (part.isLarge) {
				await written;
				await compressors.large(archive, write);
				continue;
			}
			const { frame } = await compressors.part(archive);
			written = inOrder(written, frame, write);
		}
		await written;
		if (flush) await file.sync();
		return hash.digest('hex');
	} finally {
		await written.catch(() => undefined);
		await file.close();
	}
}

/** Writes a frame after those before it. The returned promise rejects without an unhandled rejection. */
function inOrder(
	before: Promise<void>,
	frame: Promise<Buffer<ArrayBuffer>>,
	write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
	const written = before.then(async () => {
		const bytes = await frame;
		await write(bytes);
		freeFrame(bytes);
	});
	written.catch(() => undefined);
	return written;
}
