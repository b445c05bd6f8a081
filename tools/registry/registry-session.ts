// Sends requests to one repository at one endpoint, with login, redirects, and retries after failures that may pass. Its
// users (repository.ts, push-repository.ts) know the requests and what the responses mean.

import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from '../errors.ts';
import { authorizer } from './authorizer.ts';
import type { CredentialsOf } from './docker-credentials.ts';
import type { Endpoint, RegistryAccess } from './endpoint.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import { type Followed, requestFollowing } from './redirects.ts';
import { failureOf } from './response.ts';
import { type RetryPolicy, retryDelayMs, TransientError } from './retry.ts';

export interface SessionOptions {
	readonly http: HttpClient;
	readonly credentialsOf: CredentialsOf;
	readonly retry: RetryPolicy;
	readonly signal: AbortSignal;
	/** Is called before each pause. */
	onRetry(reason: string, delayMs: number): void;
}

export type SessionRequest = Omit<HttpRequest, 'signal'>;

export interface RegistrySession {
	/** Returns a URL of the repository. `rest` is `manifests/latest`, for example. */
	urlOf(rest: string): URL;
	/**
	 * Tries once. Returns a response with a status of `wanted`; throws for any other.
	 *
	 * @param what - names the thing in errors: `library/redis:7`
	 */
	once(url: URL, request: SessionRequest, wanted: readonly number[], what: string): Promise<IncomingMessage>;
	/** Retries until an attempt succeeds or a retry can't help. */
	retrying<T>(what: string, attempt: () => Promise<T>): Promise<T>;
	/** Sleeps before the next try. Throws when there is none. */
	pauseAfter(error: unknown, failures: number, what: string): Promise<void>;
}

export function openSession(
	endpoint: Endpoint,
	access: RegistryAccess,
	options: SessionOptions,
): RegistrySession {
	const { host, origin, repository } = endpoint;
	const { http, signal } = options;
	const authorization = authorizer(endpoint, access, options.credentialsOf, http);

	/** After a first answer, a registry that refuses connections is assumed to restart. */
	let hasAnswered = false;

	/** The URL of an upload may be on another host. */
	async function send(url: URL, request: SessionRequest): Promise<Followed> {
		const login = (): string | null => (url.origin === origin ? authorization.current() : null);
		const { response, isHome } = await requestFollowing(http, url, { ...request, signal }, host, login);
		hasAnswered = true;
		return { response, isHome: isHome && url.origin === origin };
	}

	async function pauseAfter(thrown: unknown, failures: number, what: string): Promise<void> {
		signal.throwIfAborted();
		const error = hasAnswered ? asTransient(thrown) : thrown;
		const delayMs = retryDelayMs(error, failures, options.retry);
		if (delayMs !== null && error instanceof TransientError) {
			options.onRetry(`${host}, ${what}: ${error.message}`, delayMs);
			await sleep(delayMs, undefined, { signal }).catch((aborted: unknown) => {
				signal.throwIfAborted();
				throw aborted;
			});
			return;
		}
		if (!(error instanceof TransientError)) throw error;
		const verb = access === 'pull' ? 'give' : 'take';
		const times = failures === 1 ? 'time' : 'times in a row';
		const { retryAfterMs } = error;
		const later = retryAfterMs === null ? '' : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`;
		throw new SlipwayError(
			'REGISTRY_FAILED',
			`${host} can't ${verb} ${what}: ${error.message}, ${failures} ${times}.${later} Try later.`,
			{ cause: error },
		);
	}

	return {
		urlOf: (rest) => new URL(`${origin}/v2/${repository}/${rest}`),

		async once(url, request, wanted, what) {
			signal.throwIfAborted();
			const used = authorization.current();
			let { response, isHome } = await send(url, request);
			// Another host gets no login.
			if (response.statusCode === 401 && isHome) {
				response.resume();
				// An earlier token may have expired. Another request may have got a new one meanwhile.
				if (authorization.current() === used)
					await authorization.answer(response.headers['www-authenticate'] ?? '');
				({ response, isHome } = await send(url, request));
				if (response.statusCode === 401 && isHome) {
					response.resume();
					throw authorization.refused();
				}
			}
			if (wanted.includes(response.statusCode ?? 0)) return response;
			throw await failureOf(response, { host, access, what });
		},

		async retrying(what, attempt) {
			for (let failures = 1; ; failures += 1) {
				try {
					return await attempt();
				} catch (error) {
					await pauseAfter(error, failures, what);
				}
			}
		},

		pauseAfter,
	};
}

function asTransient(error: unknown): unknown {
	if (!(error instanceof SlipwayError) || error.code !== 'UNREACHABLE') return error;
	const { code = '' } = (error.cause ?? {}) as { code?: string };
	const isPassing = ['ECONNREFUSED', 'ENOTFOUND'].includes(code);
	return isPassing
		? new TransientError(`it can't be reached any more (${code})`, null, { cause: error })
		: error;
}
