// Packed segments, and single files of images, kept by what they depend on: building again joins files instead of
// compressing. Everything is written aside first; what has its name is whole.

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
	/** It was there from an earlier build. */
	readonly cached: boolean;
	readonly contents: SegmentContents;
}

export interface SegmentCache {
	pack(segment: KeyedSegment): Promise<PackedSegment>;
	/** The path of a file with this content, made by `content` when it isn't kept yet. */
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

	/** `make` writes to a path aside, which takes its own name when all went well. */
	async function aside(path: string, make: (aside: string) => Promise<void>): Promise<void> {
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
			await aside(path, async (unnamed) => {
				await compressArchive(entries, { path: unnamed, flush: true }, compressors);
				// Before the segment has its name: whoever finds the segment finds this.
				const text = JSON.stringify(contents);
				await aside(contentsPath, (other) => writeFile(other, text, { flush: true }));
			});
			return { path, sizeBytes: (await stat(path)).size, cached: false, contents };
		},
		async file(key, content) {
			const path = pathFor(key, '.file');
			if (existsSync(path)) {
				await markUsed(path);
				return path;
			}
			await aside(path, async (unnamed) => {
				const bytes = Readable.from(content(), { objectMode: false });
				await pipeline(bytes, createWriteStream(unnamed, { flags: 'wx', flush: true }));
			});
			return path;
		},
	};
}

/** `slipway cache prune` removes what was not used for long. A store that can't be written isn't pruned either. */
async function markUsed(path: string): Promise<void> {
	const now = new Date();
	await utimes(path, now, now).catch(() => undefined);
}

async function readContents(path: string): Promise<SegmentContents | null> {
	const text = await readFile(path, 'utf8').catch(() => null);
	return text === null ? null : parseContents(text);
}
