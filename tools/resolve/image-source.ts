// Where the images of a build come from: the local store, then the registry. Each name is resolved once: the digest that is
// verified and locked is the digest that is packed, even if the tag moves meanwhile in the store or at the registry.

import type { Descriptor, Platform } from '../../supervisor/image/descriptor.ts';
import { formatReference, parseReference } from '../images/reference.ts';
import type { ImageStore } from '../images/store.ts';
import type { StoredImage } from '../images/stored-image.ts';

/** `missing`: what the store lacks is pulled. */
export type PullPolicy = 'missing' | 'always' | 'never';

/**
 * Puts one platform of an image into the store, or throws a `SlipwayError` with the reason. Returns what the reference
 * names: the index, or the manifest when there is no index.
 */
export type Pull = (reference: string, platform: Platform) => Promise<Descriptor>;

export interface ResolvedImage {
	/** What the reference names, and what a signature and a lock are about. */
	readonly top: Descriptor;
	/** The image for the platform, of `top`. */
	readonly image: StoredImage;
}

export interface ImageSource {
	readonly store: ImageStore;
	/**
	 * Returns an image of the store, pulled first when the policy says so; null when it isn't there and may not be pulled.
	 * `top` is the same for each call with the same reference.
	 */
	image(reference: string, platform: Platform): Promise<ResolvedImage | null>;
	/** Returns the same source without the registry. */
	withoutPulling(): ImageSource;
}

export function imageSource(
	store: ImageStore,
	policy: PullPolicy,
	pull: Pull,
	resolved = new Map<string, Descriptor>(),
): ImageSource {
	async function inStore(
		reference: string,
		top: Descriptor,
		platform: Platform,
	): Promise<ResolvedImage | null> {
		const image = await store.imageOf(reference, top, platform);
		if (image === null) return null;
		resolved.set(reference, top);
		return { top, image };
	}

	return {
		store,
		async image(reference, platform) {
			const fixed = resolved.get(reference) ?? null;
			const known = fixed ?? (policy === 'always' ? null : await store.resolve(reference));
			const found = known === null ? null : await inStore(reference, known, platform);
			if (found !== null || policy === 'never') return found;
			// Another platform of what has been resolved comes by its digest.
			const wanted =
				fixed === null ? reference : formatReference({ ...parseReference(reference), digest: fixed.digest });
			const pulled = await pull(wanted, platform);
			return await inStore(reference, fixed ?? pulled, platform);
		},
		withoutPulling: () => imageSource(store, 'never', pull, resolved),
	};
}
