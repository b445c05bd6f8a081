// An image that must be signed: what the store knows of its signatures is enough; where it isn't, they are fetched.

import { SlipwayError } from '../errors.ts';
import type { ImageStore } from '../images/store.ts';
import { fetchSignatures, type SignatureSource } from './fetch-signatures.ts';
import type { PublicKey } from './public-keys.ts';
import { verifyImage } from './verify-image.ts';

const mendable: readonly string[] = ['NOT_SIGNED', 'BAD_SIGNATURE', 'BLOB_MISSING', 'DIGEST_MISMATCH'];

/**
 * Throws `NOT_SIGNED`, `BAD_SIGNATURE` or what kept the signatures from being fetched.
 *
 * @param source - null: no registry may be asked
 */
export async function requireSignature(
	reference: string,
	digest: string,
	keys: readonly PublicKey[],
	store: ImageStore,
	source: SignatureSource | null,
): Promise<void> {
	try {
		await verifyImage(reference, digest, keys, store);
	} catch (error) {
		// It may have been signed since, or what the store kept is damaged.
		const mayBeMended = error instanceof SlipwayError && mendable.includes(error.code);
		if (!mayBeMended || source === null) throw error;
		const { lookedAt } = await fetchSignatures(reference, digest, store, source);
		await verifyImage(reference, digest, keys, store, lookedAt);
	}
}
