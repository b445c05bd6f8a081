// Requests to one repository at one endpoint: logged in, redirected, tried again where a failure may pass. What is asked
// for, and what the answers mean, is told by who uses it.

import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from '../commands/command.ts';
import { authorizer, type RegistryAccess } from './authorizer.ts';
import type { CredentialsOf } from './docker-credentials.ts';
import { type Endpoint, followedUrl } from './endpoint.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import { failureOf } from './response.ts';
import { type RetryPolicy, retryDelayMs, TransientError } from './retry.ts';

export interface SessionOptions {
	readonly http: HttpClient;
	readonly credentialsOf: CredentialsOf;
	readonly retry: RetryPolicy;
	readonly signal: AbortSignal;
	/** Called before a pause. */
	onRetry(reason: string, delayMs: number): void;
}

export type SessionRequest = Omit<HttpRequest, 'signal'>;

export interface RegistrySession {
	/** Of the repository: `manifests/latest`. */
	urlOf(rest: string): URL;
	/**
	 * One try. Statuses in `wanted` are returned, all others thrown.
	 *
	 * @param what - names the thing in errors: `library/redis:7`
	 */
	once(url: URL, request: SessionRequest, wanted: readonly number[], what: string): Promise<IncomingMessage>;
	/** Tries until it works or another try can't help. */
	retrying<T>(what: string, attempt: () => Promise<T>): Promise<T>;
	/** Sleeps before the next try, or throws for good. */
	pauseAfter(error: unknown, failures: number, what: string): Promise<void>;
}

const maxRedirects = 5;

export function openSession(
	endpoint: Endpoint,
	access: RegistryAccess,
	options: SessionOptions,
): RegistrySession {
	const { host, origin, repository } = endpoint;
	const { http, signal } = options;
	const authorization = authorizer(endpoint, access, options.credentialsOf, http);

	/** A redirect leads away from the registry: its login stays here. */
	async function follow(start: URL, { headers, ...request }: SessionRequest) {
		// Go's client, and so Docker's, makes a GET of a POST that is sent on by the older ones.
		const redirects = ['GET', 'HEAD'].includes(request.method) ? [301, 302, 303, 307, 308] : [307, 308];
		let url = start;
		for (let hops = 0; hops <= maxRedirects; hops += 1) {
			const isHome = url.origin === origin;
			const login = isHome ? authorization.current() : null;
			const response = await http.request(url, {
				...request,
				signal,
				headers: { ...headers, ...(login === null ? {} : { authorization: login }) },
			});
			const { location } = response.headers;
			if (!redirects.includes(response.statusCode ?? 0) || location === undefined)
				return { response, isHome };
			response.resume();
			url = followedUrl(location, url, host);
		}
		throw new SlipwayError('REGISTRY_FAILED', `${host} sends on more than ${maxRedirects} times.`);
	}

	async function pauseAfter(error: unknown, failures: number, what: string): Promise<void> {
		signal.throwIfAborted();
		const delayMs = retryDelayMs(error, failures, options.retry);
		if (delayMs !== null && error instanceof TransientError) {
			options.onRetry(`${host}, ${what}: ${error.message}`, delayMs);
			await sleep(delayMs, undefined, { signal });
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
			let { response, isHome } = await follow(url, request);
			// Who asks elsewhere for a login gets none.
			if (response.statusCode === 401 && isHome) {
				response.resume();
				// Again also when there was a token: it may have expired.
				await authorization.answer(response.headers['www-authenticate'] ?? '');
				({ response, isHome } = await follow(url, request));
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
