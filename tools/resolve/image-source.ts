// Where the images of a build come from: the local store, then the registry.

import type { Platform } from '../images/descriptor.ts';
import type { ImageStore } from '../images/store.ts';
import type { StoredImage } from '../images/stored-image.ts';

/** `missing`: what the store lacks is pulled. */
export type PullPolicy = 'missing' | 'always' | 'never';

/** Puts one platform of an image into the store, or throws a `SlipwayError` with the reason. */
export type Pull = (reference: string, platform: Platform) => Promise<unknown>;

export interface ImageSource {
	readonly store: ImageStore;
	/** In the store, pulled first where the policy says so. Null where it isn't there and may not be pulled. */
	image(reference: string, platform: Platform): Promise<StoredImage | null>;
	/** The same without the registry. */
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
