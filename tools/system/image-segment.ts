// An image at its place in the tree, as a segment that is packed once.

import type { BlobFolder } from '../images/blob-folder.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { imageEntries } from './image-entries.ts';
import { placeImage } from './place-image.ts';
import { type Segment, segmentKey } from './segment.ts';

/** The link target that exists once the network is configured. */
export const resolvConfLink = '/run/resolvconf/resolv.conf';

/**
 * @param name - as it stands in the YAML
 * @param userBase - the first user of the range that owns its files (bundle/user-range.ts); null: they keep their owners
 */
export function imageSegment(
	image: StoredImage,
	name: string,
	blobs: BlobFolder,
	prefix: string,
	link: string | null,
	userBase: number | null = null,
): Segment {
	const owner = userBase === null ? [] : [`user ${userBase}`];
	return {
		name,
		key: segmentKey('image', image.manifest.digest, prefix, link ?? '', ...owner),
		sizeHintBytes: layerBytes(image),
		entries: () => placeImage(imageEntries(blobs, image), { prefix, resolvConfLink: link, userBase }),
	};
}

/** Returns the size of the compressed layers, which are what the store has. */
export function layerBytes(image: StoredImage): number {
	return image.layers.reduce((sum, layer) => sum + layer.size, 0);
}
