// Resolves the image of a volume with `format: oci`: what its name stands for, and the manifests of the chosen platforms.

import type { Descriptor, Platform } from '../../supervisor/image/descriptor.ts';
import { isIndex, parseIndex } from '../../supervisor/image/manifest.ts';
import { bestManifest, formatPlatform, imageManifests } from '../../supervisor/image/platform.ts';
import { SlipwayError } from '../errors.ts';
import type { ImageSource } from './image-source.ts';
import type { VolumeLayout } from './image-uses.ts';

export interface ResolvedLayout {
	/** The manifest or index that the reference names. The volume keeps it as it is, so that its digest and signatures hold. */
	readonly top: Descriptor;
	/** The manifests that the volume keeps. The store has all that they name. */
	readonly manifests: readonly Descriptor[];
}

/** Returns null when the image is not found. */
export async function volumeLayout(
	reference: string,
	{ platforms }: VolumeLayout,
	source: ImageSource,
): Promise<ResolvedLayout | null> {
	const { store } = source;
	// A pull of any platform also stores the index.
	let top: Descriptor | null = null;
	for (const platform of platforms === 'all' ? [store.platform] : platforms) {
		const found = await source.image(reference, platform);
		top = found?.top ?? null;
		if (top !== null) continue;
		if (!(await store.has(reference))) return null;
		throw notThere(reference, platform);
	}
	if (top === null) return null;
	if (!isIndex(top.mediaType)) return { top, manifests: [top] };
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
	return { top, manifests: kept };
}

function notThere(reference: string, platform: Platform): SlipwayError {
	return new SlipwayError(
		'NO_PLATFORM',
		`${reference} is in the store, but not for ${formatPlatform(platform)}. Name the platforms that the volume needs and ` +
			'that there are, such as "platforms: [linux/amd64]".',
	);
}
