// The entries of the store's index.json for signatures of an image. An annotation names the image in place of a reference, so
// no list of images shows them.

import { signaturesAnnotation } from '../../supervisor/contract/labels.ts';
import type { Descriptor } from './descriptor.ts';

/** Returns the digest of the image that the entry has signatures for; null for any other entry. */
export function signedDigest({ annotations }: Descriptor): string | null {
	return annotations?.[signaturesAnnotation]?.split('@')[1] ?? null;
}
