// Verifies that one of some keys has signed an image of the store, as `cosign verify --key` does without transparency log and
// certificates. It works offline; fetch-signatures.ts stores the signatures before.

import { stat } from 'node:fs/promises';
import type { Descriptor } from '../../supervisor/image/descriptor.ts';
import { SlipwayError } from '../errors.ts';
import { parseReference } from '../images/reference.ts';
import type { ImageStore } from '../images/store.ts';
import { bundleType, signatureAnnotation } from './media-types.ts';
import type { PublicKey } from './public-keys.ts';
import { type AgeLimit, whyTooOld } from './signature-age.ts';
import { judgeBundle } from './sigstore-bundle.ts';
import { type Judgement, judgeSimpleSigning, type SignedImage } from './simple-signing.ts';
import { storedSignatures } from './stored-signatures.ts';

export interface VerifySettings {
	/** The hosts from `fetchSignatures()`, if that was called. */
	readonly lookedAt?: readonly string[];
	/** The limit of a signature's age, or null. */
	readonly age?: AgeLimit | null;
}

/**
 * Returns the key that has signed. Throws `NOT_SIGNED` or `BAD_SIGNATURE`.
 *
 * @param digest - the digest that must be signed: of the index, or of a platform's manifest
 */
export async function verifyImage(
	reference: string,
	digest: string,
	keys: readonly PublicKey[],
	store: ImageStore,
	{ lookedAt = [], age = null }: VerifySettings = {},
): Promise<PublicKey> {
	const { domain, path } = parseReference(reference);
	const image: SignedImage = { domain, path, digest };
	const signatures = await storedSignatures(reference, digest, store);
	if (signatures.length === 0) throw notSigned(reference, image, lookedAt);
	const reasons = new Set<string>();
	for (const signature of signatures) {
		const judgement = await judge(signature, image, keys, store);
		if ('why' in judgement) {
			reasons.add(judgement.why);
			continue;
		}
		const why = age === null ? null : whyTooOld(judgement.signedAtMs, age);
		if (why === null) return judgement.key;
		reasons.add(why);
	}
	const files = keys.map((key) => key.file).join(', ');
	throw new SlipwayError(
		'BAD_SIGNATURE',
		`${reference} (${digest}) is not signed by ${files}. It has ${signatures.length} ` +
			`${signatures.length === 1 ? 'signature' : 'signatures'}, but ${[...reasons].slice(0, 5).join('; ')}. ` +
			'Is it the right key, and the right image?',
	);
}

async function judge(
	signature: Descriptor,
	image: SignedImage,
	keys: readonly PublicKey[],
	store: ImageStore,
): Promise<Judgement> {
	const bytes = await store.blobs.readWhole(signature);
	if (signature.mediaType === bundleType)
		return await judgeBundle(bytes, image, keys, async () => await readManifest(image.digest, store));
	return judgeSimpleSigning(bytes, signature.annotations?.[signatureAnnotation] ?? '', image, keys);
}

async function readManifest(digest: string, store: ImageStore): Promise<Buffer> {
	const info = await stat(store.blobs.path(digest)).catch(() => null);
	return await store.blobs.readWhole({ mediaType: '', digest, size: info?.size ?? 0 });
}

function notSigned(reference: string, image: SignedImage, lookedAt: readonly string[]): SlipwayError {
	const { domain, path, digest } = image;
	const where = lookedAt.length === 0 ? 'the local store' : lookedAt.join(', ');
	return new SlipwayError(
		'NOT_SIGNED',
		`${reference} is not signed: no signature of ${digest} was found at ${where}, neither by the tag ` +
			`${digest.replace(':', '-')}.sig nor among the referrers. ` +
			(lookedAt.length === 0
				? 'Signatures are fetched with the image: build without --offline. '
				: `To sign it: cosign sign --key cosign.key ${domain}/${path}@${digest}`),
	);
}
