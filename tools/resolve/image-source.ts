// The source of a build's images: the local store, then the registry.

import type { Platform } from '../images/descriptor.ts';
import type { ImageStore } from '../images/store.ts';
import type { StoredImage } from '../images/stored-image.ts';

/** `missing` pulls the images that the store lacks. */
export type PullPolicy = 'missing' | 'always' | 'never';

/** Stores one platform of an image. Throws a `SlipwayError` with the reason when it can't. */
export type Pull = (reference: string, platform: Platform) => Promise<unknown>;

export interface ImageSource {
	readonly store: ImageStore;
	/** Returns the image in the store, after a pull if the policy demands one; null when it is missing and is not pulled. */
	image(reference: string, platform: Platform): Promise<StoredImage | null>;
	/** Returns the same source without the registry. */
	withoutPulling(): ImageSource;
}

export function imageSource(store: ImageStore, policy: PullPolicy, pull: Pull): ImageSource {
	/** An image that is used twice is pulled once. */
	const pulled = new Set<string>();

	return {
		store,
		async image(reference, platform) {
			const key = `${reference} ${JSON.stringify(platform)}`;
			if (policy !== 'always' || pulled.has(key)) {
				const found = await store.find(reference, platform);
				if (found !== null || policy === 'never') return found;
			}
			await pull(reference, platform);
			pulled.add(key);
			return await store.find(reference, platform);
		},
		withoutPulling: () => imageSource(store, 'never', pull),
	};
}
