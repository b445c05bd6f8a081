// Pulls an image into the store: first the blobs, then the manifest that names them, the index and the tag, so that a name
// always has its blobs. The store checks each blob while it writes it.

import { statfs } from 'node:fs/promises';
import { printable } from '../../native/text/printable.ts';
import { shortened } from '../../native/text/shortened.ts';
import type { Descriptor, Platform } from '../../supervisor/image/descriptor.ts';
import { isIndex, parseIndex, parseManifest, requireImage } from '../../supervisor/image/manifest.ts';
import { bestManifest, formatPlatform, imageManifests } from '../../supervisor/image/platform.ts';
import { SlipwayError } from '../errors.ts';
import { inParallel } from '../files/concurrency.ts';
import { formatReference, type ImageReference, parseReference } from '../images/reference.ts';
import type { ImageStore } from '../images/store.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { TransferProgress } from '../terminal/transfer-progress.ts';
import type { CredentialsOf } from './docker-credentials.ts';
import { endpointsOf, type Mirror } from './endpoint.ts';
import type { HttpClient } from './http-client.ts';
import { type FetchedManifest, openRepository, type Repository } from './repository.ts';
import type { RetryPolicy } from './retry.ts';
import { openTransferLimit, type TransferLimit } from './transfer-limit.ts';

export interface PullOptions {
	readonly mirrors: readonly Mirror[];
	readonly platform: Platform;
	readonly http: HttpClient;
	readonly credentialsOf: CredentialsOf;
	readonly retry: RetryPolicy;
	readonly progress: TransferProgress;
}

export interface Pulled {
	/** The canonical form. */
	readonly reference: string;
	/** The index, or the manifest when there is no index. */
	readonly descriptor: Descriptor;
	readonly upToDate: boolean;
}

const blobsAtOnce = 3;
const maxMessageLength = 1000;
const maxPlatforms = 20;

/** Tries the mirrors in order, then the registry. Blobs that one has sent are not fetched again from the next. */
export async function pullImage(text: string, store: ImageStore, options: PullOptions): Promise<Pulled> {
	const parsed = parseReference(text);
	const reference = formatReference(parsed);
	const failures: { readonly error: SlipwayError; readonly message: string }[] = [];
	const endpoints = endpointsOf(parsed, options.mirrors);
	for (const [index, endpoint] of endpoints.entries()) {
		const controller = new AbortController();
		const repository = openRepository(endpoint, {
			...options,
			signal: controller.signal,
			onRetry: (reason, delayMs) => options.progress.failed(printable(reason), delayMs),
		});
		const limit = openTransferLimit(controller, endpoint.host, options.http.idleTimeoutMs);
		try {
			return await pullFrom(repository, parsed, store, { ...options, controller, limit });
		} catch (error) {
			if (!(error instanceof SlipwayError)) throw error;
			const said = shortened(printable(error.message), maxMessageLength);
			// An error names the mirror that answered.
			const isNamed = endpoints.length === 1 || said.startsWith(endpoint.host);
			const message = isNamed ? said : `${endpoint.host}: ${said}`;
			failures.push({ error, message });
			if (index + 1 < endpoints.length) options.progress.failed(message, null);
		} finally {
			limit.close();
		}
	}
	const [first] = failures.length === 1 ? failures : [];
	throw new SlipwayError(
		first?.error.code ?? 'REGISTRY_FAILED',
		first === undefined
			? `${reference} can't be pulled:\n${failures.map(({ message }) => `  ${message}`).join('\n')}`
			: `${reference} can't be pulled. ${first.message}`,
		{ cause: failures.at(-1)?.error },
	);
}

async function pullFrom(
	repository: Repository,
	parsed: ImageReference,
	store: ImageStore,
	options: PullOptions & { readonly controller: AbortController; readonly limit: TransferLimit },
): Promise<Pulled> {
	const reference = formatReference(parsed);
	const wanted = parsed.digest ?? parsed.tag ?? 'latest';
	const known = await store.resolve(reference);
	if (known !== null && (await isComplete(reference, known, store, options.platform))) {
		const digest = parsed.digest ?? (await repository.digestOf(wanted));
		if (digest === known.digest) {
			await store.tag(reference, known);
			const { mediaType, size } = known;
			return { reference, descriptor: { mediaType, digest, size }, upToDate: true };
		}
	}
	const top = await repository.manifest(wanted);
	const { image, indexes } = isIndex(top.descriptor.mediaType)
		? await platformManifest(top, repository, reference, options.platform)
		: { image: top, indexes: [] };
	const parsedManifest = parseManifest(image.json, reference);
	requireImage(parsedManifest, reference);
	const { config, layers } = parsedManifest;
	const missing = [...new Map([config, ...layers].map((each) => [each.digest, each])).values()].filter(
		(each) => !store.blobs.has(each.digest),
	);
	const missingBytes = missing.reduce((sum, { size }) => sum + size, 0);
	await checkSpace(store.folder, missingBytes);
	options.progress.begins(reference, missing);
	options.limit.expect(missingBytes);
	await inParallel(missing, blobsAtOnce, fetchBlob, options.controller);
	for (const { descriptor, bytes } of new Set([image, ...indexes.toReversed(), top])) {
		await store.writeBlob(once(bytes), descriptor.mediaType, descriptor);
	}
	await store.tag(reference, top.descriptor);
	return { reference, descriptor: top.descriptor, upToDate: false };

	async function fetchBlob(blob: Descriptor): Promise<void> {
		try {
			await store.writeBlob(counted(blob), blob.mediaType, blob);
		} catch (error) {
			options.progress.discarded(blob);
			if (!(error instanceof SlipwayError)) throw error;
			if (isForeign(blob)) throw foreignLayer(blob, error);
			if (error.code !== 'DIGEST_MISMATCH') throw error;
			throw new SlipwayError(
				'DIGEST_MISMATCH',
				`${repository.host} sent wrong bytes for the blob ${blob.digest} (${blob.size} bytes); they were discarded. ` +
					'Pull again, or from elsewhere.',
				{ cause: error },
			);
		}
		options.progress.finished(blob);
	}

	async function* counted(blob: Descriptor): AsyncGenerator<Uint8Array, void> {
		for await (const chunk of repository.blob(blob)) {
			options.progress.moved(blob, chunk.length);
			yield chunk;
		}
	}
}

interface PlatformManifest {
	readonly image: FetchedManifest;
	/** The indexes within the index that were read, outer ones first. */
	readonly indexes: readonly FetchedManifest[];
}

/** Fetches the manifest of an index for the platform. Throws when there is none. */
async function platformManifest(
	top: FetchedManifest,
	repository: Repository,
	reference: string,
	platform: Platform,
): Promise<PlatformManifest> {
	const indexes: FetchedManifest[] = [];
	const manifests = await imageManifests(parseIndex(top.json, reference), async (nested) => {
		const fetched = await fetchEntry(nested, repository);
		indexes.push(fetched);
		return parseIndex(fetched.json, reference);
	});
	const choice = bestManifest(manifests, platform);
	if (choice !== undefined) return { image: await fetchEntry(choice, repository), indexes };
	const there = manifests.flatMap((each) =>
		each.platform === undefined ? [] : formatPlatform(each.platform),
	);
	const unique = [...new Set(there)];
	const more = unique.length > maxPlatforms ? ` and ${unique.length - maxPlatforms} more` : '';
	const others =
		unique.length === 0 ? 'and no other' : `only ${unique.slice(0, maxPlatforms).join(', ')}${more}`;
	throw new SlipwayError(
		'NO_PLATFORM',
		`It has no ${formatPlatform(platform)}, ${others}. Choose one with --platform.`,
	);
}

/** Fetches a manifest of an index. Size and kind must be as the index declares, because the store reads by them. */
async function fetchEntry(entry: Descriptor, repository: Repository): Promise<FetchedManifest> {
	const fetched = await repository.manifest(entry.digest);
	const { size, mediaType } = fetched.descriptor;
	if (size === entry.size && isIndex(mediaType) === isIndex(entry.mediaType)) return fetched;
	throw new SlipwayError(
		'BAD_IMAGE',
		`Its index says that ${entry.digest} is a ${entry.mediaType} of ${entry.size} bytes, but it is a ` +
			`${mediaType} of ${size} bytes.`,
	);
}

/** Throws before the disk is full rather than after. A folder that is not there yet is not checked. */
async function checkSpace(folder: string, bytes: number): Promise<void> {
	const space = await statfs(folder).catch(() => null);
	if (space === null || bytes <= space.bavail * space.bsize) return;
	const free = formatSize(space.bavail * space.bsize);
	throw new SlipwayError(
		'BAD_IMAGE',
		`It has ${formatSize(bytes)} to fetch, but only ${free} are free in ${folder}.`,
	);
}

/** Reports whether the store has all that the platform needs. */
async function isComplete(
	reference: string,
	known: Descriptor,
	store: ImageStore,
	platform: Platform,
): Promise<boolean> {
	const image = await store.imageOf(reference, known, platform).catch(whereMissing);
	if (image === null) return false;
	return image.layers.every((layer) => store.blobs.has(layer.digest));
}

/** Ignores a missing or damaged blob, which is fetched again. Throws any other error. */
function whereMissing(error: unknown): null {
	if (error instanceof SlipwayError && ['BLOB_MISSING', 'DIGEST_MISMATCH'].includes(error.code)) return null;
	throw error;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
	yield bytes;
}

/** Layers whose owners let only their own servers hand them out (Windows; image-spec v1.1, `layer.md`, Non-Distributable Layers). */
function isForeign({ mediaType }: Descriptor): boolean {
	return /\.foreign\.|\.nondistributable\./.test(mediaType);
}

function foreignLayer({ digest, mediaType }: Descriptor, cause: SlipwayError): SlipwayError {
	return new SlipwayError(
		cause.code,
		`${cause.message.replace(/\.?$/, '.')} The layer ${digest} is a foreign one (${mediaType}), which registries may leave out; ` +
			'the addresses in its manifest are not asked. Pull the image with a tool that has it, and add it by "slipway cache import".',
		{ cause },
	);
}
