// Imports the images of an unpacked `docker save` archive of the older kind, whose `manifest.json` names configuration and
// layers by file. Newer archives are OCI layouts as well, and are imported as such.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compressionOf, magicBytes } from '../../supervisor/image/decompress.ts';
import { type Descriptor, mediaTypes } from '../../supervisor/image/descriptor.ts';
import { parseImageConfig } from '../../supervisor/image/image-config.ts';
import { splitTreePath } from '../../supervisor/image/tree-path.ts';
import { SlipwayError } from '../errors.ts';
import { readJsonFile } from './json-file.ts';
import { readLayer } from './layer-stream.ts';
import { formatReference, parseReference } from './reference.ts';
import type { ImageStore } from './store.ts';

interface SavedImage {
	readonly Config: string;
	readonly RepoTags: readonly string[] | null;
	readonly Layers: readonly string[];
}

/**
 * @param what - names the archive in errors
 * @param given - the name of an image without one
 * @returns the references that were added
 */
export async function importDockerSave(
	folder: string,
	what: string,
	store: ImageStore,
	given: string | undefined,
): Promise<string[]> {
	const images = parseSaved(await readJsonFile(folder, 'manifest.json', what), what);
	const added: string[] = [];
	for (const image of images) {
		const config = parseImageConfig(
			await readJsonFile(folder, image.Config, what),
			`${what}: ${image.Config}`,
		);
		if (config.diffIds.length !== image.Layers.length) {
			throw new SlipwayError(
				'BAD_IMAGE',
				`${what}: ${image.Config} has ${config.diffIds.length} diffIDs for ${image.Layers.length} layers.`,
			);
		}
		const layers = [];
		for (const [index, file] of image.Layers.entries()) {
			const diffId = config.diffIds[index] ?? '';
			layers.push({ descriptor: await storeLayer({ folder, what }, file, diffId, store), diffId });
		}
		const tags = image.RepoTags ?? [];
		for (const tag of tags.length === 0 && given !== undefined && images.length === 1 ? [given] : tags) {
			const { diffIds: _, ...stored } = config;
			await store.putImage(tag, { config: stored, layers });
			added.push(formatReference(parseReference(tag)));
		}
	}
	if (added.length === 0)
		throw new SlipwayError(
			'NO_IMAGE',
			`${what} names no image: its RepoTags are empty. Give it a name by --name NAME.`,
		);
	return added;
}

/** Stores a layer. Docker's layers are plain tars, whose digest is the diffID; other tools compress them. */
async function storeLayer(
	{ folder, what }: { readonly folder: string; readonly what: string },
	file: string,
	diffId: string,
	store: ImageStore,
): Promise<Descriptor> {
	const path = join(folder, ...splitTreePath(file, `${what}: manifest.json`));
	const info = await stat(path).catch(() => null);
	if (info === null || !info.isFile())
		throw new SlipwayError('BLOB_MISSING', `${what} has no layer ${file}, which it names.`);
	const content = createReadStream(path) as AsyncIterable<Buffer>;
	const compression = compressionOf(await firstBytes(path));
	if (compression === null) {
		const expected = { mediaType: mediaTypes.layer, digest: diffId, size: info.size };
		return await store.writeBlob(content, mediaTypes.layer, expected);
	}
	const mediaType = compression === 'gzip' ? mediaTypes.layerGzip : mediaTypes.layerZstd;
	const descriptor = await store.writeBlob(content, mediaType);
	for await (const _ of readLayer(store.blobs, descriptor, diffId, `${what}: ${file}`));
	return descriptor;
}

async function firstBytes(path: string): Promise<Buffer> {
	const parts: Buffer[] = [];
	for await (const part of createReadStream(path, { end: magicBytes - 1 })) parts.push(part as Buffer);
	return Buffer.concat(parts);
}

function parseSaved(value: unknown, what: string): SavedImage[] {
	const isTexts = (list: unknown): boolean =>
		Array.isArray(list) && list.every((each) => typeof each === 'string');
	if (!Array.isArray(value))
		throw new SlipwayError('BAD_IMAGE', `${what}: manifest.json is not a list of images.`);
	return value.map((image: unknown) => {
		const { Config, RepoTags, Layers } = (image ?? {}) as Record<string, unknown>;
		if (typeof Config !== 'string' || !isTexts(Layers) || !(RepoTags == null || isTexts(RepoTags))) {
			throw new SlipwayError('BAD_IMAGE', `${what}: manifest.json has an image without Config or Layers.`);
		}
		return { Config, Layers: Layers as string[], RepoTags: (RepoTags ?? null) as string[] | null };
	});
}
