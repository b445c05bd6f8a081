// Resolves what a reference names to an image for one platform. A reference names a manifest, or an index of which only some
// platforms may be in the store.

import type { Descriptor, Platform } from '../../supervisor/image/descriptor.ts';
import { parseImageConfig, type StoredImageConfig } from '../../supervisor/image/image-config.ts';
import { isIndex, parseIndex, parseManifest, requireImage } from '../../supervisor/image/manifest.ts';
import { bestManifest, imageManifests, platformRank } from '../../supervisor/image/platform.ts';
import type { BlobFolder } from './blob-folder.ts';

/** An image of the store by its digests. */
export interface StoredImage {
	/** The canonical form. */
	readonly reference: string;
	readonly manifest: Descriptor;
	readonly config: StoredImageConfig;
	readonly layers: readonly Descriptor[];
}

/** Returns null when the store has no image for the platform. */
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
	// The index decides the variant, which few configurations have.
	const declared = isOne ? own : (choice.platform ?? own);
	return platformRank({ ...declared, architecture }, platform) === null ? null : image;
}

/** Returns the images for all platforms in the store. */
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

/** Returns the manifests of what a reference names, those that are not in the store included. */
export async function manifestsOf(
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
	const parsed = parseManifest(await blobs.readJson(manifest), reference);
	requireImage(parsed, reference);
	const { config, layers } = parsed;
	return { reference, manifest, config: parseImageConfig(await blobs.readJson(config), reference), layers };
}
