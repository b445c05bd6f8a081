// Checks a system by its images, before it is built. The facts about images are kept in the store.

import { readFile } from 'node:fs/promises';
import { isSystemError } from '../files/system-error.ts';
import type { ImageStore } from '../images/store.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { SegmentCache } from '../output/segment-cache.ts';
import type { Plan } from '../resolve/plan.ts';
import { imageEntries } from '../system/image-entries.ts';
import { placeImage } from '../system/place-image.ts';
import { segmentVersion } from '../system/segment.ts';
import { containerFindings } from './container-checks.ts';
import { engineFindings } from './engine-checks.ts';
import type { Finding } from './finding.ts';
import { imageDefaultFindings } from './image-default-checks.ts';
import { factsVersion, type ImageFacts, parseFacts, readFacts } from './image-facts.ts';
import { checkedSystem } from './system.ts';
import { systemFindings } from './system-checks.ts';

/** Returns what the checks find, in the order of the system. */
export async function checkImages(
	plan: Plan,
	store: ImageStore,
	cache: SegmentCache,
): Promise<readonly Finding[]> {
	const known = new Map<string, ImageFacts | null>();
	const system = await checkedSystem(plan, async (image) => {
		const { digest } = image.manifest;
		const facts = known.has(digest) ? known.get(digest) : await factsOf(image, store, cache);
		known.set(digest, facts ?? null);
		return facts ?? null;
	});
	const namesInStore = async (): Promise<readonly string[]> =>
		(await store.list()).map(({ reference }) => reference);
	return [
		...(await systemFindings(system, namesInStore)),
		...system.containers.flatMap((container) => [
			...containerFindings(system, container),
			...engineFindings(system, container),
			...imageDefaultFindings(container),
		]),
	];
}

/** Returns null for an image with too many files. */
async function factsOf(
	image: StoredImage,
	{ blobs }: ImageStore,
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
