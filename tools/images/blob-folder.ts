// The blobs of an OCI image layout (`image-layout.md`): files named by their digest. A blob is written to a temporary file
// while it is hashed and is renamed when it is complete, so a file with the name of a digest is correct.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, utimesSync } from 'node:fs';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { type Descriptor, digestHex } from '../../supervisor/image/descriptor.ts';
import { isIndex, isManifest } from '../../supervisor/image/manifest.ts';
import { SlipwayError } from '../errors.ts';
import { writeThenName } from '../files/replace-file.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';

export interface BlobFolder {
	/** The directory of the layout, which also has the temporary files. */
	readonly layoutFolder: string;
	/** The bytes that a layer, or all files of an image, may unpack to. */
	maxUnpackedBytes(): Promise<number>;
	path(digest: string): string;
	/** Reports whether the blob exists. Refreshes its mtime, so that a concurrent prune keeps it for the caller. */
	has(digest: string): boolean;
	/** Stores a stream. With `expected`, stores nothing and throws when digest or size differ. */
	write(content: AsyncIterable<Uint8Array>, mediaType: string, expected?: Descriptor): Promise<Descriptor>;
	/**
	 * Yields the blob's bytes. Throws before the last chunk when digest or size is wrong. Removes a damaged layer or
	 * configuration, so that a pull, import or build stores it again.
	 */
	read(descriptor: Descriptor): AsyncIterable<Uint8Array>;
	/** Returns a small blob (a manifest or configuration) after its check. */
	readWhole(descriptor: Descriptor): Promise<Buffer>;
	readJson(descriptor: Descriptor): Promise<unknown>;
}

/** Manifests and configurations are small. A larger one is an attack or a mistake. */
const maxJsonBytes = 4 * 1024 * 1024;

/** An image of this size is honest, however full the disk is: what is unpacked need not be kept. */
const minUnpackedLimitBytes = 8_000_000_000;

/**
 * @param temporary - the paths that a signal removes
 * @param maxUnpackedBytes - null for the free space of the disk, or 8 GB when that is more
 */
export function openBlobFolder(
	layoutFolder: string,
	temporary: TemporaryPaths = new Set(),
	maxUnpackedBytes: number | null = null,
): BlobFolder {
	const folder = join(layoutFolder, 'blobs', 'sha256');
	const pathOf = (digest: string): string => join(folder, digestHex(digest));

	async function write(
		content: AsyncIterable<Uint8Array>,
		mediaType: string,
		expected?: Descriptor,
	): Promise<Descriptor> {
		makeFolder(folder, 0o777);
		// Outside of blobs/: other tools read every file there as a blob.
		return await writeThenName(
			layoutFolder,
			temporary,
			async (path) => {
				const found = await writeHashed(path, content, mediaType, expected?.size ?? null);
				if (expected !== undefined) compare(found, expected);
				return found;
			},
			({ digest }) => pathOf(digest),
		);
	}

	async function* read(descriptor: Descriptor): AsyncIterable<Uint8Array> {
		const path = pathOf(descriptor.digest);
		if (!existsSync(path)) throw missingBlob(descriptor);
		const hash = createHash('sha256');
		let size = 0;
		let last: Buffer | null = null;
		for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
			if (last !== null) yield last;
			last = chunk as Buffer;
			hash.update(last);
			size += last.length;
		}
		const found: Descriptor = { ...descriptor, digest: `sha256:${hash.digest('hex')}`, size };
		if (found.digest !== descriptor.digest) await discard(path, descriptor.mediaType);
		compare(found, descriptor);
		// Only after the check: a receiver of all bytes, such as a registry, may use them at once.
		if (last !== null) yield last;
	}

	async function readWhole(descriptor: Descriptor): Promise<Buffer> {
		const path = pathOf(descriptor.digest);
		if (!existsSync(path)) throw missingBlob(descriptor);
		const { size } = await stat(path);
		if (size > maxJsonBytes)
			throw new SlipwayError('BAD_IMAGE', `${descriptor.digest} is too large for JSON.`);
		const parts: Uint8Array[] = [];
		for await (const chunk of read(descriptor)) parts.push(chunk);
		return Buffer.concat(parts);
	}

	return {
		layoutFolder,
		async maxUnpackedBytes() {
			if (maxUnpackedBytes !== null) return maxUnpackedBytes;
			const { bavail, bsize } = await statfs(layoutFolder);
			return Math.max(bavail * bsize, minUnpackedLimitBytes);
		},
		path: pathOf,
		has: (digest) => touch(pathOf(digest)),
		write,
		read,
		readWhole,
		async readJson(descriptor) {
			const bytes = await readWhole(descriptor);
			try {
				return JSON.parse(bytes.toString('utf8')) as unknown;
			} catch (cause) {
				throw new SlipwayError('BAD_IMAGE', `${descriptor.digest} is not JSON.`, { cause });
			}
		},
	};
}

/**
 * Writes a new file and returns its descriptor.
 *
 * @param maxBytes - stops the stream soon after so many bytes; null for no limit
 */
async function writeHashed(
	path: string,
	content: AsyncIterable<Uint8Array>,
	mediaType: string,
	maxBytes: number | null,
): Promise<Descriptor> {
	const file = await open(path, 'wx', 0o644);
	const hash = createHash('sha256');
	let size = 0;
	try {
		for await (const chunk of content) {
			size += chunk.length;
			if (maxBytes !== null && size > maxBytes) break;
			hash.update(chunk);
			await file.writeFile(chunk);
		}
		// Before the rename: a power failure must not leave a name without the bytes.
		await file.sync();
	} finally {
		await file.close();
	}
	return { mediaType, digest: `sha256:${hash.digest('hex')}`, size };
}

/** Keeps manifests: without them a prune would not know what they need. Ignores a store that can't be written. */
async function discard(path: string, mediaType: string): Promise<void> {
	if (!isManifest(mediaType) && !isIndex(mediaType)) await rm(path, { force: true }).catch(() => undefined);
}

/** Returns false when there is no file. A store that can't be written can't be pruned either. */
function touch(path: string): boolean {
	try {
		const now = new Date();
		utimesSync(path, now, now);
		return true;
	} catch {
		return existsSync(path);
	}
}

function compare(found: Descriptor, expected: Descriptor): void {
	if (found.digest === expected.digest && found.size === expected.size) return;
	throw new SlipwayError(
		'DIGEST_MISMATCH',
		`The blob ${expected.digest} (${expected.size} bytes) is damaged: its bytes give ${found.digest} ` +
			`(${found.size} bytes). Pull, import or build the image again.`,
	);
}

/** Returns the error for a blob that the store should have. */
export function missingBlob({ digest }: Descriptor): SlipwayError {
	return new SlipwayError(
		'BLOB_MISSING',
		`The image store has no blob ${digest}. Pull, import or build the image again.`,
	);
}
