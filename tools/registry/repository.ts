// One repository at one endpoint: manifests and blobs by the OCI distribution-spec v1.1, "Pull". Failures that may pass
// are tried again; a blob goes on from where it was cut.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from '../commands/command.ts';
import { type Descriptor, mediaTypes } from '../image/descriptor.ts';
import { authorizer } from './authorizer.ts';
import type { CredentialsOf } from './docker-credentials.ts';
import { type Endpoint, followedUrl } from './endpoint.ts';
import { connectionError, type HttpClient } from './http-client.ts';
import { failureOf, readWhole } from './response.ts';
import { type RetryPolicy, retryDelayMs, TransientError } from './retry.ts';

export interface FetchedManifest {
	readonly descriptor: Descriptor;
	readonly bytes: Buffer;
}

export interface Repository {
	/** For messages. */
	readonly host: string;
	/** The digest of a tag, or null where the registry doesn't say. */
	digestOf(tag: string): Promise<string | null>;
	/** By tag or digest; with a digest the bytes are checked against it. */
	manifest(tagOrDigest: string): Promise<FetchedManifest>;
	/** The bytes as they come, resumed where cut, not checked: the store does that. */
	blob(descriptor: Descriptor): AsyncGenerator<Uint8Array, void>;
}

export interface RepositoryOptions {
	readonly http: HttpClient;
	readonly credentialsOf: CredentialsOf;
	readonly retry: RetryPolicy;
	readonly signal: AbortSignal;
	/** Called before a pause. */
	onRetry(reason: string, delayMs: number): void;
}

const manifestTypes = [
	mediaTypes.index,
	mediaTypes.manifest,
	mediaTypes.dockerList,
	mediaTypes.dockerManifest,
];
/** distribution-spec: registries should take manifests of up to 4 MiB. */
const maxManifestBytes = 4 * 1024 * 1024;
const maxRedirects = 5;

export function openRepository(endpoint: Endpoint, options: RepositoryOptions): Repository {
	const { host, origin, repository } = endpoint;
	const { http, signal } = options;
	const authorization = authorizer(endpoint, options.credentialsOf, http);
	const urlOf = (rest: string): URL => new URL(`${origin}/v2/${repository}/${rest}`);

	type Method = 'GET' | 'HEAD';
	type Headers = Readonly<Record<string, string>>;

	/** A redirect leads away from the registry: its login stays here. */
	async function follow(method: Method, start: URL, headers: Headers): Promise<IncomingMessage> {
		let url = start;
		for (let hops = 0; hops <= maxRedirects; hops += 1) {
			const login = url.origin === origin ? authorization.current() : null;
			const response = await http.request(url, {
				method,
				signal,
				headers: { ...headers, ...(login === null ? {} : { authorization: login }) },
			});
			const { location } = response.headers;
			const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0);
			if (!isRedirect || location === undefined) return response;
			response.resume();
			url = followedUrl(location, url, host);
		}
		throw new SlipwayError('REGISTRY_FAILED', `${host} sends on more than ${maxRedirects} times.`);
	}

	/** One try. Statuses in `wanted` are returned, all others thrown. */
	async function once(method: Method, url: URL, headers: Headers, wanted: readonly number[], what: string) {
		signal.throwIfAborted();
		let response = await follow(method, url, headers);
		if (response.statusCode === 401) {
			response.resume();
			// Again also when there was a token: it may have expired.
			await authorization.answer(response.headers['www-authenticate'] ?? '');
			response = await follow(method, url, headers);
			if (response.statusCode === 401) {
				response.resume();
				throw authorization.refused();
			}
		}
		if (wanted.includes(response.statusCode ?? 0)) return response;
		throw await failureOf(response, host, what);
	}

	/** Sleeps before the next try, or throws for good. */
	async function pauseAfter(error: unknown, failures: number, what: string): Promise<void> {
		signal.throwIfAborted();
		const delayMs = retryDelayMs(error, failures, options.retry);
		if (delayMs !== null && error instanceof TransientError) {
			options.onRetry(`${host}, ${what}: ${error.message}`, delayMs);
			await sleep(delayMs, undefined, { signal });
			return;
		}
		if (!(error instanceof TransientError)) throw error;
		const later =
			error.retryAfterMs === null ? '' : ` It asks to wait ${Math.ceil(error.retryAfterMs / 1000)} s.`;
		throw new SlipwayError(
			'REGISTRY_FAILED',
			`${host} can't give ${what}: ${error.message}, ${failures} ${failures === 1 ? 'time' : 'times in a row'}.${later} Try later.`,
			{ cause: error },
		);
	}

	async function retrying<T>(what: string, attempt: () => Promise<T>): Promise<T> {
		for (let failures = 1; ; failures += 1) {
			try {
				return await attempt();
			} catch (error) {
				await pauseAfter(error, failures, what);
			}
		}
	}

	const manifestHeaders = { accept: manifestTypes.join(', ') };

	return {
		host,

		async digestOf(tag) {
			const what = `${repository}:${tag}`;
			return await retrying(what, async () => {
				const response = await once('HEAD', urlOf(`manifests/${tag}`), manifestHeaders, [200], what);
				response.resume();
				const digest = response.headers['docker-content-digest'];
				return typeof digest === 'string' ? digest : null;
			});
		},

		async manifest(tagOrDigest) {
			const isDigest = tagOrDigest.includes(':');
			const what = `${repository}${isDigest ? '@' : ':'}${tagOrDigest}`;
			return await retrying(what, async () => {
				const response = await once('GET', urlOf(`manifests/${tagOrDigest}`), manifestHeaders, [200], what);
				const bytes = await readWhole(response, host, maxManifestBytes);
				const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
				const promised = isDigest ? tagOrDigest : (response.headers['docker-content-digest'] ?? digest);
				if (promised !== digest) {
					throw new SlipwayError(
						'DIGEST_MISMATCH',
						`${host} sent a wrong manifest for ${what}: its bytes give ${digest}, not ${String(promised)}.`,
					);
				}
				const mediaType = mediaTypeOf(bytes, response.headers['content-type']);
				if (!manifestTypes.some((each) => each === mediaType))
					throw new SlipwayError('BAD_IMAGE', `${host}: ${what} is no image but "${mediaType}".`);
				return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
			});
		},

		async *blob(descriptor) {
			const { digest, size } = descriptor;
			const what = `the blob ${digest} of ${repository}`;
			const url = urlOf(`blobs/${digest}`);
			let received = 0;
			for (let failures = 1; ; failures += 1) {
				try {
					const range: Headers = received === 0 ? {} : { range: `bytes=${received}-` };
					// Bytes that a proxy has compressed on the way could not be resumed.
					const headers = { ...range, 'accept-encoding': 'identity' };
					const response = await once('GET', url, headers, [200, 206, 416], what);
					if (response.statusCode === 416) {
						// There is nothing behind what we have: the blob is shorter than promised, as the check will say.
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
					for await (const chunk of response as AsyncIterable<Buffer>) {
						signal.throwIfAborted();
						const fresh = chunk.subarray(Math.min(known, chunk.length));
						known -= chunk.length - fresh.length;
						if (fresh.length === 0) continue;
						received += fresh.length;
						failures = 0;
						yield fresh;
						if (received > size) return;
					}
					if (received >= size) return;
					throw new TransientError(`it sent only ${received} of ${size} bytes`);
				} catch (error) {
					failures = Math.max(failures, 1);
					await pauseAfter(connectionError(error, host), failures, what);
				}
			}
		},
	};
}

/** Where the body begins in the blob: a registry may ignore the range and send all (status 200). */
function startOf(response: IncomingMessage): number {
	if (response.statusCode !== 206) return 0;
	const match = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '');
	return match?.[1] === undefined ? Number.POSITIVE_INFINITY : Number(match[1]);
}

/** The manifest's own `mediaType` (a registry may serve it as plain JSON), else the header's. */
function mediaTypeOf(bytes: Buffer, contentType = ''): string {
	try {
		const { mediaType } = JSON.parse(bytes.toString('utf8')) as { mediaType?: unknown };
		if (typeof mediaType === 'string') return mediaType;
	} catch {
		return 'not JSON';
	}
	return contentType.split(';')[0]?.trim() ?? '';
}
