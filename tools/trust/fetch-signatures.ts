// Fetches an image's signatures from its registry into the local store and does not verify them; verify-image.ts does, also
// without a network. cosign's places are read: the tag `sha256-HEX.sig`, and referrers.

import { printable } from '../../native/text/printable.ts';
import { shortened } from '../../native/text/shortened.ts';
import { type Descriptor, digestHex, mediaTypes } from '../../supervisor/image/descriptor.ts';
import { isIndex, parseManifest } from '../../supervisor/image/manifest.ts';
import { SlipwayError } from '../errors.ts';
import { inParallel } from '../files/concurrency.ts';
import { parseReference } from '../images/reference.ts';
import type { ImageStore } from '../images/store.ts';
import { endpointsOf } from '../registry/endpoint.ts';
import type { PullOptions } from '../registry/pull-image.ts';
import { type FetchedManifest, openRepository, type Repository } from '../registry/repository.ts';
import { openTransferLimit } from '../registry/transfer-limit.ts';
import {
	bundleType,
	predicateAnnotation,
	signatureAnnotation,
	signatureArtifactType,
	signPredicate,
	simpleSigningType,
} from './media-types.ts';
import { keepSignatures } from './stored-signatures.ts';

export type SignatureSource = Pick<PullOptions, 'mirrors' | 'http' | 'credentialsOf' | 'retry' | 'progress'>;

export interface FetchedSignatures {
	readonly count: number;
	/** The hosts in order, each with its failure, for an error about a missing signature. */
	readonly lookedAt: readonly string[];
}

/** A signature has less than 10 kB. Attestations, which are larger, do not count as signatures. */
const maxSignatureBytes = 256 * 1024;
/** A reproducible image that every build signs collects many signatures. */
const maxSignatures = 256;
const atOnce = 3;
const maxMessageLength = 1000;

/**
 * Tries the mirrors in order, then the registry, until one has signatures: most mirrors have images alone. A mirror with old
 * signatures hides newer ones, as it does with tags. When none is found, those in the store stay. Throws when every endpoint
 * fails, or when one has signatures that can't be read.
 */
export async function fetchSignatures(
	reference: string,
	digest: string,
	store: ImageStore,
	options: SignatureSource,
): Promise<FetchedSignatures> {
	const lookedAt: string[] = [];
	const failures: SlipwayError[] = [];
	const endpoints = endpointsOf(parseReference(reference), options.mirrors);
	for (const endpoint of endpoints) {
		const controller = new AbortController();
		const repository = openRepository(endpoint, {
			...options,
			signal: controller.signal,
			onRetry: (reason, delayMs) => options.progress.failed(printable(reason), delayMs),
		});
		const limit = openTransferLimit(controller, endpoint.host, options.http.idleTimeoutMs);
		try {
			const layers = await findSignatures(repository, digest, `${endpoint.host}/${endpoint.repository}`);
			if (layers.length > 0) {
				await fetchBlobs(layers, repository, store, controller);
				await keepSignatures(reference, digest, layers, store);
				return { count: layers.length, lookedAt: [...lookedAt, endpoint.host] };
			}
			lookedAt.push(endpoint.host);
		} catch (error) {
			if (!(error instanceof SlipwayError)) throw error;
			failures.push(error);
			lookedAt.push(`${endpoint.host} (${shortened(printable(error.message), maxMessageLength)})`);
		} finally {
			limit.close();
		}
	}
	// One endpoint without signatures and another that fails count as no signature. Signatures that can't be read are an error.
	const worst =
		failures.find((each) => each.code === 'BAD_SIGNATURE') ??
		(failures.length === endpoints.length ? failures[0] : undefined);
	if (worst === undefined) return { count: 0, lookedAt };
	throw new SlipwayError(
		worst.code,
		`The signatures of ${reference} can't be fetched.\n${failures.map((each) => `  ${shortened(printable(each.message), maxMessageLength)}`).join('\n')}`,
		{ cause: worst },
	);
}

/** Returns the layers that have signatures, with their annotations, each once. */
async function findSignatures(
	repository: Repository,
	digest: string,
	where: string,
): Promise<readonly Descriptor[]> {
	const tag = `sha256-${digestHex(digest)}.sig`;
	const tagged = await repository.manifestIfThere(tag);
	const found = tagged === null ? [] : signaturesIn(tagged, `${where}:${tag}`);
	const referrers = (await repository.referrers(digest)).filter(mayHoldSignatures);
	if (referrers.length > maxSignatures) throw tooMany(where, referrers.length);
	for (const { digest: each } of referrers) {
		// The referrers tag may still name one that was removed.
		const referrer = await repository.manifestIfThere(each);
		if (referrer !== null) found.push(...signaturesIn(referrer, `${where}@${each}`));
	}
	const unique = new Map(found.map((each) => [JSON.stringify(each), each]));
	if (unique.size > maxSignatures) throw tooMany(where, unique.size);
	return [...unique.values()];
}

/** Returns false for attestations, which are also referrers and often large. */
function mayHoldSignatures({ mediaType, artifactType, annotations }: Descriptor): boolean {
	if (mediaType !== mediaTypes.manifest) return false;
	// A client writes the index of the referrers tag, and may omit the type.
	if (artifactType !== undefined && ![signatureArtifactType, bundleType].includes(artifactType)) return false;
	const predicate = annotations?.[predicateAnnotation];
	return predicate === undefined || predicate === signPredicate;
}

function signaturesIn({ descriptor, json }: FetchedManifest, what: string): Descriptor[] {
	if (isIndex(descriptor.mediaType))
		throw new SlipwayError('BAD_SIGNATURE', `${what} should hold signatures, but is an index of images.`);
	return parseManifest(json, what).layers.filter(
		({ mediaType, size, annotations }) =>
			size <= maxSignatureBytes &&
			(mediaType === bundleType ||
				(mediaType === simpleSigningType && annotations?.[signatureAnnotation] !== undefined)),
	);
}

async function fetchBlobs(
	layers: readonly Descriptor[],
	repository: Repository,
	store: ImageStore,
	controller: AbortController,
): Promise<void> {
	const missing = [...new Map(layers.map((each) => [each.digest, each])).values()].filter(
		(each) => !store.blobs.has(each.digest),
	);
	await inParallel(
		missing,
		atOnce,
		async (blob) => {
			await store.writeBlob(repository.blob(blob), blob.mediaType, blob);
		},
		controller,
	);
}

function tooMany(where: string, count: number): SlipwayError {
	return new SlipwayError(
		'BAD_SIGNATURE',
		`${where} has ${count} signatures of one image, more than the ${maxSignatures} that are looked at. ` +
			'Remove the old ones (cosign clean) and sign again.',
	);
}
