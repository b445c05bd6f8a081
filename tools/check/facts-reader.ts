// Reads the facts about images, each image once. They are kept in the store.

import { readFile } from 'node:fs/promises';
import { isSystemError } from '../files/system-error.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { SegmentCache } from '../output/segment-cache.ts';
import { imageEntries } from '../system/image-entries.ts';
import { placeImage } from '../system/place-image.ts';
import { segmentVersion } from '../system/segment.ts';
import { factsVersion, type ImageFacts, parseFacts, readFacts } from './image-facts.ts';

/** Returns null for an image with too many files. */
export type FactsOf = (image: StoredImage) => Promise<ImageFacts | null>;

export function factsReader(blobs: BlobFolder, cache: SegmentCache): FactsOf {
	const known = new Map<string, ImageFacts | null>();
	return async (image) => {
		const { digest } = image.manifest;
		const facts = known.get(digest);
		if (facts !== undefined) return facts;
		const read = await keptFacts(image, blobs, cache);
		known.set(digest, read);
		return read;
	};
}

async function keptFacts(
	image: StoredImage,
	blobs: BlobFolder,
	cache: SegmentCache,
): Promise<ImageFacts | null> {
	const read = async (): Promise<ImageFacts | null> =>
		await readFacts(placeImage(imageEntries(blobs, image), { prefix: '', resolvConfLink: null }));
	const key = `facts ${factsVersion} ${segmentVersion} ${image.manifest.digest}`;
	try {
		const kept = await cache.file(key, `the facts about ${image.reference}`, async function* () {
			yield Buffer.from(JSON.stringify(await read()));
		});
		const text = await readFile(kept.path, 'utf8');
		return text === 'null' ? null : (parseFacts(text) ?? (await read()));
	} catch (error) {
		// A store that can't be written keeps nothing.
		if (!isSystemError(error)) throw error;
		return await read();
	}
}
