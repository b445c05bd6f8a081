// Reads from one repository at one endpoint: manifests, referrers and blobs by the OCI distribution-spec v1.1, "Pull".
// Failures that may pass are retried.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parseJson } from '../../native/text/parse-json.ts';
import { type Descriptor, digestHex, mediaTypes } from '../../supervisor/image/descriptor.ts';
import { isIndex, parseIndex, shownMediaType } from '../../supervisor/image/manifest.ts';
import { SlipwayError } from '../errors.ts';
import { downloadBlob } from './blob-download.ts';
import { type Endpoint, followedUrl } from './endpoint.ts';
import { openSession, type SessionOptions, type SessionRequest } from './registry-session.ts';
import { readWhole } from './response.ts';

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

export function openRepository(endpoint: Endpoint, options: SessionOptions): Repository {
	const { host, repository } = endpoint;
	const session = openSession(endpoint, 'pull', options);
	const { urlOf, once, retrying } = session;
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
			const size = bytes.length;
			if (manifestTypes.some((each) => each === mediaType))
				return { descriptor: { mediaType, digest, size }, bytes, json };
			const shown = shownMediaType(json);
			if (shown !== null) return { descriptor: { mediaType: shown, digest, size }, bytes, json };
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

		blob: (descriptor) => downloadBlob(descriptor, endpoint, session, options),
	};
}

/** Returns null for a digest of another algorithm. */
function digestIn(response: IncomingMessage): string | null {
	const digest = response.headers['docker-content-digest'];
	return typeof digest === 'string' && digest.startsWith('sha256:') ? digest : null;
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
