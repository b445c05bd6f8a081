// An image of one platform in the store, resolved from what a reference names: a manifest, or an index of which maybe
// only some platforms were pulled.

import type { BlobFolder } from './blob-folder.ts';
import type { Descriptor, Platform } from './descriptor.ts';
import { parseImageConfig, type StoredImageConfig } from './image-config.ts';
import { isIndex, parseIndex, parseManifest } from './manifest.ts';
import { bestManifest, imageManifests, platformRank } from './platform.ts';

/** From here on only digests count. */
export interface StoredImage {
	/** Canonical. */
	readonly reference: string;
	readonly manifest: Descriptor;
	readonly config: StoredImageConfig;
	readonly layers: readonly Descriptor[];
}

/** Null where it is not there for this platform. */
export async function imageFor(
	platform: Platform,
	reference: string,
	found: Descriptor,
	blobs: BlobFolder,
): Promise<StoredImage | null> {
	const isOne = !isIndex(found.mediaType);
	const choice = isOne ? found : bestManifest(await manifestsOf(reference, found, blobs), platform);
	if (choice === undefined || (!isOne && !blobs.has(choice.digest))) return null;
	const image = await readImage(reference, choice, blobs);
	const { architecture, os } = image.config;
	if (architecture === '') return image;
	const own = { ...image.config, os: os || platform.os };
	// What an index says of a platform counts for its variant, which few configurations have.
	const declared = isOne ? own : (choice.platform ?? own);
	return platformRank({ ...declared, architecture }, platform) === null ? null : image;
}

/** For all platforms that are there. */
export async function imagesOf(
	reference: string,
	found: Descriptor,
	blobs: BlobFolder,
): Promise<readonly StoredImage[]> {
	const images: StoredImage[] = [];
	for (const manifest of await manifestsOf(reference, found, blobs)) {
		if (manifest === found || blobs.has(manifest.digest))
			images.push(await readImage(reference, manifest, blobs));
	}
	return images;
}

/** Whether they are there or not. */
async function manifestsOf(
	reference: string,
	found: Descriptor,
	blobs: BlobFolder,
): Promise<readonly Descriptor[]> {
	if (!isIndex(found.mediaType)) return [found];
	const entriesOf = async (index: Descriptor): Promise<readonly Descriptor[]> =>
		parseIndex(await blobs.readJson(index), reference);
	return await imageManifests(await entriesOf(found), async (index) =>
		blobs.has(index.digest) ? await entriesOf(index) : [],
	);
}

async function readImage(reference: string, manifest: Descriptor, blobs: BlobFolder): Promise<StoredImage> {
	const { config, layers } = parseManifest(await blobs.readJson(manifest), reference);
	return { reference, manifest, config: parseImageConfig(await blobs.readJson(config), reference), layers };
}
