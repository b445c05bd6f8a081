// Requires a signature of an image. Signatures in the store are enough; otherwise they are fetched.

import { SlipwayError } from '../errors.ts';
import type { ImageStore } from '../images/store.ts';
import { fetchSignatures, type SignatureSource } from './fetch-signatures.ts';
import type { PublicKey } from './public-keys.ts';
import type { AgeLimit } from './signature-age.ts';
import { verifyImage } from './verify-image.ts';

/** The failures that fetched signatures may correct. */
const fetchable: readonly string[] = ['NOT_SIGNED', 'BAD_SIGNATURE', 'BLOB_MISSING', 'DIGEST_MISMATCH'];

/**
 * Throws `NOT_SIGNED`, `BAD_SIGNATURE` or the error of the fetch.
 *
 * @param source - null when no registry may be used
 * @param age - the limit of the signature's age, or null
 */
export async function requireSignature(
	reference: string,
	digest: string,
	keys: readonly PublicKey[],
	store: ImageStore,
	source: SignatureSource | null,
	age: AgeLimit | null = null,
): Promise<void> {
	try {
		await verifyImage(reference, digest, keys, store, { age });
	} catch (error) {
		// The image may have a newer signature, or the store's is damaged.
		const isFetchable = error instanceof SlipwayError && fetchable.includes(error.code);
		if (!isFetchable || source === null) throw error;
		const { lookedAt } = await fetchSignatures(reference, digest, store, source);
		await verifyImage(reference, digest, keys, store, { lookedAt, age });
	}
}
