// The cache of packed segments and of single files of images, by a hash of all that they depend on. With a full cache, a
// build only joins files. Each file is written under a temporary name first, so a file with its name is complete.

import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { archiveFormat, compressArchive } from '../archive/compress-archive.ts';
import { openCompressors } from '../archive/compressors.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';
import type { KeyedSegment } from '../system/segment.ts';
import { notingContents, parseContents, type SegmentContents } from './segment-contents.ts';

export interface PackedSegment {
	readonly path: string;
	readonly sizeBytes: number;
	/** Reports whether an earlier build had packed it. */
	readonly cached: boolean;
	readonly contents: SegmentContents;
}

export interface SegmentCache {
	pack(segment: KeyedSegment): Promise<PackedSegment>;
	/** Returns the path of the file with this key. Writes `content` to it unless it is cached. */
	file(key: string, content: () => AsyncIterable<Uint8Array>): Promise<string>;
}

export function openSegmentCache(
	storeFolder: string,
	temporary: TemporaryPaths,
	compressors = openCompressors(),
): SegmentCache {
	const folder = join(storeFolder, 'segments');
	const pathFor = (key: string, ending: string): string => {
		const name = createHash('sha256').update(key).digest('hex');
		return join(folder, `${name}${ending}`);
	};

	/** Renames the temporary file that `make` writes to `path`, or removes it after a failure. */
	async function writeWhole(path: string, make: (temporaryFile: string) => Promise<void>): Promise<void> {
		await mkdir(folder, { recursive: true });
		const unnamed = join(folder, `.${randomUUID()}`);
		temporary.add(unnamed);
		try {
			await make(unnamed);
			await rename(unnamed, path);
		} finally {
			await rm(unnamed, { force: true });
			temporary.delete(unnamed);
		}
	}

	return {
		async pack(segment) {
			const key = JSON.stringify([archiveFormat(compressors), segment.key]);
			const path = pathFor(key, '.cpio.zst');
			const contentsPath = pathFor(key, '.json');
			const known = existsSync(path) ? await readContents(contentsPath) : null;
			if (known !== null) {
				await markUsed(path);
				await markUsed(contentsPath);
				return { path, sizeBytes: (await stat(path)).size, cached: true, contents: known };
			}
			const { entries, contents } = notingContents(segment.entries());
			await writeWhole(path, async (unnamed) => {
				await compressArchive(entries, { path: unnamed, flush: true }, compressors);
				// The notes get their name before the segment does: a build that finds the segment finds the notes.
				const text = JSON.stringify(contents);
				await writeWhole(contentsPath, (other) => writeFile(other, text, { flush: true }));
			});
			return { path, sizeBytes: (await stat(path)).size, cached: false, contents };
		},
		async file(key, content) {
			const path = pathFor(key, '.file');
			if (existsSync(path)) {
				await markUsed(path);
				return path;
			}
			await writeWhole(path, async (unnamed) => {
				const bytes = Readable.from(content(), { objectMode: false });
				await pipeline(bytes, createWriteStream(unnamed, { flags: 'wx', flush: true }));
			});
			return path;
		},
	};
}

/**
 * Refreshes the mtime, by which `slipway cache prune` finds unused files. Ignores a failure: a store that can't be written
 * can't be pruned either.
 */
async function markUsed(path: string): Promise<void> {
	const now = new Date();
	await utimes(path, now, now).catch(() => undefined);
}

async function readContents(path: string): Promise<SegmentContents | null> {
	const text = await readFile(path, 'utf8').catch(() => null);
	return text === null ? null : parseContents(text);
}
