// Finds the layers and the configuration of an image in an OCI layout (image-spec, image-layout.md) or in what `docker save` writes. Both
// are directories of files that others have written: their names are resolved below that directory.

import { createHash } from 'node:crypto';
import { closeSync, constants, createReadStream, fstatSync, readFileSync } from 'node:fs';
import { isRecord } from '../../contract/json-shape.ts';
import { hostProcessor } from '../../contract/processors.ts';
import { decompressArchive } from '../../image/decompress.ts';
import { type Descriptor, digestHex } from '../../image/descriptor.ts';
import { type ImageDefaultsJson, parseImageConfig } from '../../image/image-config.ts';
import { parseIndex, parseManifest, requireImage } from '../../image/manifest.ts';
import { bestManifest, imageManifests } from '../../image/platform.ts';
import { SlipwayError } from '../../image/slipway-error.ts';
import { splitTreePath } from '../../image/tree-path.ts';
import type { UnpackNative } from '../../image/unpack-layer.ts';

export interface ImageArchive {
	readonly native: UnpackNative;
	readonly folderFd: number;
	/** Names it in errors. */
	readonly what: string;
}

export interface ArchivedImage {
	readonly defaults: ImageDefaultsJson;
	/** From the lowest on. */
	readonly layers: readonly ArchivedLayer[];
}

export interface ArchivedLayer {
	/** Its place in the archive. */
	readonly path: string;
	/** `sha256:…` of the tar. */
	readonly diffId: string;
}

const maxJsonBytes = 4 * 2 ** 20;
const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;

/** Returns null when the directory is no archive of images. Throws a `SlipwayError`. */
export async function findImage(archive: ImageArchive): Promise<ArchivedImage | null> {
	if (has(archive, 'oci-layout') && has(archive, 'index.json')) return await imageOfLayout(archive);
	const saved = has(archive, 'manifest.json') ? savedImage(archive) : null;
	return saved === null ? null : imageOfDocker(archive, saved);
}

interface SavedImage {
	readonly Config: string;
	readonly Layers: readonly string[];
}

/** Returns the first image of what `docker save` writes; null when the manifest.json is another's, which a root may have. */
function savedImage(archive: ImageArchive): SavedImage | null {
	const saved = jsonOrNull(archive, 'manifest.json');
	const first: unknown = Array.isArray(saved) ? saved[0] : null;
	if (!isRecord(first)) return null;
	const { Config, Layers } = first;
	const isImage =
		typeof Config === 'string' &&
		Array.isArray(Layers) &&
		Layers.every((each) => typeof each === 'string') &&
		has(archive, Config);
	return isImage ? { Config, Layers } : null;
}

function jsonOrNull(archive: ImageArchive, path: string): unknown {
	try {
		return readJson(archive, path);
	} catch {
		return null;
	}
}

/** Yields the tar of a layer. Throws when it does not have its digest. */
export async function* readArchivedLayer(
	archive: ImageArchive,
	{ path, diffId }: ArchivedLayer,
): AsyncGenerator<Uint8Array, void> {
	const hash = createHash('sha256');
	const fd = openFile(archive, path);
	const file = createReadStream('', { fd, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
	for await (const bytes of decompressArchive(file, `${archive.what}: the layer ${path}`)) {
		hash.update(bytes);
		yield bytes;
	}
	const found = `sha256:${hash.digest('hex')}`;
	if (found !== diffId)
		throw new SlipwayError(
			'DIGEST_MISMATCH',
			`${archive.what}: the layer ${path} is ${found}, and should be ${diffId}. Pack the image again.`,
		);
}

async function imageOfLayout(archive: ImageArchive): Promise<ArchivedImage> {
	const { what } = archive;
	const index = parseIndex(readJson(archive, 'index.json'), `${what}: index.json`);
	const manifests = await imageManifests(index, async (each) => parseIndex(readBlob(archive, each), what));
	const best = bestManifest(manifests, { os: 'linux', architecture: hostProcessor.name });
	if (best === undefined)
		throw new SlipwayError('NO_PLATFORM', `${what} has no image for linux/${hostProcessor.name}.`);
	const manifest = parseManifest(readBlob(archive, best), what);
	requireImage(manifest, what);
	const { config, diffIds } = parseImageConfig(readBlob(archive, manifest.config), what);
	return { defaults: config, layers: paired(manifest.layers.map(blobPath), diffIds, what) };
}

function imageOfDocker(archive: ImageArchive, { Config, Layers }: SavedImage): ArchivedImage {
	const { what } = archive;
	const { config, diffIds } = parseImageConfig(readJson(archive, Config), `${what}: ${Config}`);
	return { defaults: config, layers: paired(Layers, diffIds, what) };
}

function paired(paths: readonly string[], diffIds: readonly string[], what: string): ArchivedLayer[] {
	if (paths.length !== diffIds.length)
		throw new SlipwayError('BAD_IMAGE', `${what} has ${diffIds.length} diffIDs for ${paths.length} layers.`);
	return paths.map((path, at) => ({ path, diffId: diffIds[at] ?? '' }));
}

function blobPath({ digest }: Descriptor): string {
	return `blobs/sha256/${digestHex(digest)}`;
}

function readBlob(archive: ImageArchive, descriptor: Descriptor): unknown {
	const bytes = readSmall(archive, blobPath(descriptor));
	const found = createHash('sha256').update(bytes).digest('hex');
	if (found !== digestHex(descriptor.digest))
		throw new SlipwayError(
			'DIGEST_MISMATCH',
			`${archive.what}: ${blobPath(descriptor)} does not have its digest.`,
		);
	return parsed(archive, blobPath(descriptor), bytes);
}

function readJson(archive: ImageArchive, path: string): unknown {
	return parsed(archive, path, readSmall(archive, path));
}

function parsed({ what }: ImageArchive, path: string, bytes: Buffer): unknown {
	try {
		return JSON.parse(bytes.toString('utf8'));
	} catch (cause) {
		throw new SlipwayError('BAD_IMAGE', `${what}: ${path} is no JSON.`, { cause });
	}
}

function readSmall(archive: ImageArchive, path: string): Buffer {
	const fd = openFile(archive, path);
	try {
		if (fstatSync(fd).size > maxJsonBytes)
			throw new SlipwayError('BAD_IMAGE', `${archive.what}: ${path} is larger than ${maxJsonBytes} bytes.`);
		return readFileSync(fd);
	} finally {
		closeSync(fd);
	}
}

/** Throws a `SlipwayError` for what is no file, or not there. The caller closes it. */
export function openFile({ native, folderFd, what }: ImageArchive, path: string): number {
	const parts = splitTreePath(path, what);
	let fd: number;
	try {
		fd = native.openInRoot(folderFd, parts.join('/'), O_RDONLY | O_NONBLOCK | O_NOCTTY);
	} catch (cause) {
		throw new SlipwayError('BLOB_MISSING', `${what} has no ${path}, which it names.`, { cause });
	}
	if (fstatSync(fd).isFile()) return fd;
	closeSync(fd);
	throw new SlipwayError('BAD_IMAGE', `${what}: ${path} is no file.`);
}

function has(archive: ImageArchive, path: string): boolean {
	try {
		closeSync(openFile(archive, path));
		return true;
	} catch {
		return false;
	}
}
