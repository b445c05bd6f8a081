// How index.json of the store names the signatures of an image: by an annotation instead of a reference, so no list of
// images shows them.

import type { Descriptor } from './descriptor.ts';

/** `docker.io/library/redis@sha256:…` */
export const signaturesAnnotation = 'org.slipway.signatures-of';

/** The digest of the image that an entry has signatures of; null for any other entry. */
export function signedDigest({ annotations }: Descriptor): string | null {
	return annotations?.[signaturesAnnotation]?.split('@')[1] ?? null;
}
