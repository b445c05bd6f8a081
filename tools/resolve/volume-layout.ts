// Resolves the image of a volume with `format: oci`: the image itself, or an index of the chosen platforms.

import { SlipwayError } from '../errors.ts';
import { type Descriptor, mediaTypes, type Platform } from '../images/descriptor.ts';
import { isIndex, parseIndex } from '../images/manifest.ts';
import { bestManifest, formatPlatform, imageManifests } from '../images/platform.ts';
import { hostPlatform } from '../images/store.ts';
import type { ImageSource } from './image-source.ts';
import type { VolumeLayout } from './image-uses.ts';

/** Returns the manifest or index, with all that it names in the store; null when the image is not found. */
export async function volumeLayout(
	reference: string,
	{ platforms }: VolumeLayout,
	source: ImageSource,
): Promise<Descriptor | null> {
	const { store } = source;
	// A pull of any platform also stores the index.
	for (const platform of platforms === 'all' ? [hostPlatform] : platforms) {
		if ((await source.image(reference, platform)) !== null) continue;
		if (!(await store.has(reference))) return null;
		throw notThere(reference, platform);
	}
	const top = await store.resolve(reference);
	if (top === null || !isIndex(top.mediaType)) return top;
	const indexed = await store.blobs.readJson(top);
	const manifests = await imageManifests(parseIndex(indexed, reference), async (index) =>
		parseIndex(await store.blobs.readJson(index), reference),
	);
	const wanted = platforms === 'all' ? manifests : platforms.map((each) => bestManifest(manifests, each));
	const kept = manifests.filter((manifest) => wanted.includes(manifest));
	for (const { platform } of kept) {
		if (platform === undefined || (await source.image(reference, platform)) !== null) continue;
		throw notThere(reference, platform);
	}
	const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: kept };
	return await store.writeBlob(bytesOf(JSON.stringify(index)), mediaTypes.index);
}

function notThere(reference: string, platform: Platform): SlipwayError {
	return new SlipwayError(
		'NO_PLATFORM',
		`${reference} is in the store, but not for ${formatPlatform(platform)}. Name the platforms that the volume needs and ` +
			'that there are, such as "platforms: [linux/amd64]".',
	);
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void> {
	yield Buffer.from(text);
}
