// Reads from one repository at one endpoint: manifests and blobs by the OCI distribution-spec v1.1, "Pull". Failures that may
// pass are retried; a blob is resumed where it was cut.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { SlipwayError } from '../errors.ts';
import { type Descriptor, digestHex, mediaTypes } from '../images/descriptor.ts';
import { isIndex, parseIndex } from '../images/manifest.ts';
import { type Endpoint, followedUrl } from './endpoint.ts';
import { connectionError } from './http-client.ts';
import { openSession, type SessionOptions, type SessionRequest } from './registry-session.ts';
import { readWhole } from './response.ts';
import { TransientError } from './retry.ts';

export interface FetchedManifest {
	readonly descriptor: Descriptor;
	readonly bytes: Buffer;
	/** The parsed bytes, not validated. */
	readonly json: unknown;
}

export interface Repository {
	/** Names the endpoint in messages. */
	readonly host: string;
	/** Returns the digest of a tag; null when the registry does not report it. */
	digestOf(tag: string): Promise<string | null>;
	/** Returns a manifest by tag or digest. The bytes are checked against the digest. */
	manifest(tagOrDigest: string): Promise<FetchedManifest>;
	/** Returns the same; null when there is no manifest. */
	manifestIfThere(tagOrDigest: string): Promise<FetchedManifest | null>;
	/** Returns what refers to a manifest, such as signatures, by the referrers API or the referrers tag. */
	referrers(digest: string): Promise<readonly Descriptor[]>;
	/** Yields the bytes and resumes where the connection is cut. The store checks them. */
	blob(descriptor: Descriptor): AsyncGenerator<Uint8Array, void>;
}

const manifestTypes = [
	mediaTypes.index,
	mediaTypes.manifest,
	mediaTypes.dockerList,
	mediaTypes.dockerManifest,
];
/** By the distribution-spec, registries should accept manifests of up to 4 MiB. */
const maxManifestBytes = 4 * 1024 * 1024;
/** The specification has 404. The others come from registries that read `referrers` as another name. */
const noSuchApi = [400, 404, 405];
const maxReferrerPages = 10;
/** Fewer bytes than these do not count as progress between two failures. */
const minProgressBytes = 1024;
/** A blob that comes more slowly, over a whole idle timeout, counts as cut. */
const minBlobBytesPerSecond = 1024;

class TrickleError extends TransientError {}

export function openRepository(endpoint: Endpoint, options: SessionOptions): Repository {
	const { host, repository } = endpoint;
	const { signal } = options;
	const { idleTimeoutMs } = options.http;
	const minBytes = (idleTimeoutMs / 1000) * minBlobBytesPerSecond;
	const { urlOf, once, retrying, pauseAfter } = openSession(endpoint, 'pull', options);
	const get = (headers: Readonly<Record<string, string>>): SessionRequest => ({ method: 'GET', headers });
	const manifestHeaders = { accept: manifestTypes.join(', ') };

	async function manifest(tagOrDigest: string): Promise<FetchedManifest> {
		const isDigest = tagOrDigest.includes(':');
		const what = `${repository}${isDigest ? '@' : ':'}${tagOrDigest}`;
		return await retrying(what, async () => {
			const response = await once(urlOf(`manifests/${tagOrDigest}`), get(manifestHeaders), [200], what);
			const bytes = await readWhole(response, host, maxManifestBytes);
			const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
			const promised = isDigest ? tagOrDigest : (digestIn(response) ?? digest);
			if (promised !== digest) {
				throw new SlipwayError(
					'DIGEST_MISMATCH',
					`${host} sent a wrong manifest for ${what}: its bytes give ${digest}, not ${promised}.`,
				);
			}
			const json = parseJson(bytes);
			const mediaType = mediaTypeOf(json, response.headers['content-type']);
			if (manifestTypes.some((each) => each === mediaType))
				return { descriptor: { mediaType, digest, size: bytes.length }, bytes, json };
			throw new SlipwayError('BAD_IMAGE', `${host}: ${what} ${kindOf(json, mediaType)}.`);
		});
	}

	async function manifestIfThere(tagOrDigest: string): Promise<FetchedManifest | null> {
		try {
			return await manifest(tagOrDigest);
		} catch (error) {
			if (error instanceof SlipwayError && error.code === 'NO_IMAGE') return null;
			throw error;
		}
	}

	/** distribution-spec v1.1, "Listing Referrers". Returns null when the registry has no such API. */
	async function listReferrers(digest: string): Promise<readonly Descriptor[] | null> {
		const what = `the referrers of ${repository}@${digest}`;
		const found: Descriptor[] = [];
		let url: URL | null = urlOf(`referrers/${digest}`);
		for (let pages = 0; url !== null; pages += 1) {
			if (pages === maxReferrerPages)
				throw new SlipwayError('REGISTRY_FAILED', `${host} gives more than ${pages} pages of ${what}.`);
			const page: URL = url;
			const [response, bytes] = await retrying(what, async () => {
				const answer = await once(page, get({ accept: mediaTypes.index }), [200, ...noSuchApi], what);
				return [answer, await readWhole(answer, host, maxManifestBytes)] as const;
			});
			if (response.statusCode !== 200) return null;
			found.push(...parseIndex(parseJson(bytes), `${host}: ${what}`));
			const next = /<([^>]*)>;\s*rel="?next"?/.exec(String(response.headers['link'] ?? ''))?.[1];
			url = next === undefined ? null : followedUrl(next, page, host);
		}
		return found;
	}

	/** Ends a body that trickles: an idle timeout alone is renewed by each byte. Returns what stops the watching. */
	function watchRate(response: IncomingMessage, arrived: () => number): () => void {
		let before = arrived();
		const timer = setInterval(() => {
			const now = arrived();
			if (now - before < minBytes)
				response.destroy(new TrickleError(`it sent less than ${minBlobBytesPerSecond} bytes a second`));
			before = Number.isFinite(now) ? now : 0;
		}, idleTimeoutMs);
		return () => clearInterval(timer);
	}

	return {
		host,

		async digestOf(tag) {
			const what = `${repository}:${tag}`;
			return await retrying(what, async () => {
				const head: SessionRequest = { method: 'HEAD', headers: manifestHeaders };
				// Some registries have no HEAD of manifests (405).
				const response = await once(urlOf(`manifests/${tag}`), head, [200, 405], what);
				response.resume();
				return digestIn(response);
			});
		},

		manifest,
		manifestIfThere,

		async referrers(digest) {
			const listed = await listReferrers(digest);
			if (listed !== null) return listed;
			const tagged = await manifestIfThere(`sha256-${digestHex(digest)}`);
			if (tagged === null || !isIndex(tagged.descriptor.mediaType)) return [];
			return parseIndex(tagged.json, `${host}: the referrers of ${repository}@${digest}`);
		},

		async *blob(descriptor) {
			const { digest, size } = descriptor;
			const what = `the blob ${digest} of ${repository}`;
			const url = urlOf(`blobs/${digest}`);
			let received = 0;
			for (let failures = 1; ; failures += 1) {
				const [receivedBefore, failuresBefore] = [received, failures];
				let stopWatching = (): void => undefined;
				try {
					const range = received === 0 ? {} : { range: `bytes=${received}-` };
					// Bytes that a proxy compresses could not be resumed.
					const headers = { ...range, 'accept-encoding': 'identity' };
					const request: SessionRequest = { ...get(headers), isLong: true };
					const response = await once(url, request, [200, 206, 416], what);
					if (response.statusCode === 416) {
						// Nothing follows the received bytes: the blob is too short, and the store's check will fail.
						response.resume();
						return;
					}
					let known = received - startOf(response);
					if (known < 0) {
						response.destroy();
						throw new SlipwayError(
							'REGISTRY_FAILED',
							`${host} sent another range of ${what} than asked for.`,
						);
					}
					/** The reader of these bytes may be the slow one. */
					let isTaken = true;
					/** With what was known already. */
					let arrived = 0;
					stopWatching = watchRate(response, () => (isTaken ? arrived : Number.POSITIVE_INFINITY));
					for await (const chunk of response as AsyncIterable<Buffer>) {
						signal.throwIfAborted();
						arrived += chunk.length;
						const fresh = chunk.subarray(Math.min(known, chunk.length));
						known -= chunk.length - fresh.length;
						if (fresh.length === 0) continue;
						received += fresh.length;
						if (received - receivedBefore >= minProgressBytes) failures = 0;
						isTaken = false;
						yield fresh;
						isTaken = true;
						if (received > size) return;
					}
					if (received >= size) return;
					throw new TransientError(`it sent only ${received} of ${size} bytes`);
				} catch (error) {
					stopWatching();
					// A trickle is no progress, however long it lasts.
					failures = error instanceof TrickleError ? failuresBefore : Math.max(failures, 1);
					await pauseAfter(connectionError(error, host), failures, what);
				} finally {
					stopWatching();
				}
			}
		},
	};
}

/** Returns null for a digest of another algorithm. */
function digestIn(response: IncomingMessage): string | null {
	const digest = response.headers['docker-content-digest'];
	return typeof digest === 'string' && digest.startsWith('sha256:') ? digest : null;
}

/** Returns the offset of the body in the blob. A registry may ignore the range and send the whole blob with status 200. */
function startOf(response: IncomingMessage): number {
	if (response.statusCode !== 206) return 0;
	const match = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '');
	return match?.[1] === undefined ? Number.POSITIVE_INFINITY : Number(match[1]);
}

function parseJson(bytes: Buffer): unknown {
	try {
		return JSON.parse(bytes.toString('utf8')) as unknown;
	} catch {
		return undefined;
	}
}

/** Returns the manifest's own `mediaType`, or else the header's. A registry may serve a manifest as plain JSON. */
function mediaTypeOf(json: unknown, contentType = ''): string {
	const { mediaType } = (json ?? {}) as { mediaType?: unknown };
	return typeof mediaType === 'string' ? mediaType : (contentType.split(';')[0]?.trim() ?? '');
}

function kindOf(json: unknown, mediaType: string): string {
	if (json === undefined) return 'is no image: its manifest is not JSON';
	if ((json as { schemaVersion?: unknown } | null)?.schemaVersion !== 1)
		return `is no image but "${mediaType}"`;
	return 'has only a manifest of the old kind (schema 1), which is not read any more. Push it again with a current tool';
}
