// Answers a registry's challenge: Basic, or a Bearer token from the realm that it names (distribution's `token.md` and
// `oauth.md`). Each repository has its own authorizer, because a token is valid for one repository.

import type { IncomingMessage } from 'node:http';
import { SlipwayError } from '../errors.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials, CredentialsOf } from './docker-credentials.ts';
import { type Endpoint, followedUrl, type RegistryAccess } from './endpoint.ts';
import type { HttpClient } from './http-client.ts';
import { requestFollowing } from './redirects.ts';
import { failureOf, readWhole } from './response.ts';

export interface Authorizer {
	/** Returns the value of `authorization` for the next request; null before the first challenge. */
	current(): string | null;
	/** Answers the WWW-Authenticate of a 401. Throws when no login answers it. */
	answer(header: string): Promise<void>;
	/** Returns the error for a 401 in spite of an answer. */
	refused(): SlipwayError;
}

const maxTokenBytes = 1024 * 1024;

export function authorizer(
	endpoint: Endpoint,
	access: RegistryAccess,
	credentialsOf: CredentialsOf,
	http: HttpClient,
): Authorizer {
	const { host, repository } = endpoint;
	let current: string | null = null;
	/** Is requested once: a credential helper may prompt the user. */
	let known: Promise<Credentials | null> | null = null;
	let hadLogin = false;
	/** Concurrent requests share one answer. */
	let answering: Promise<void> | null = null;

	function refused(): SlipwayError {
		const login = `"docker login ${host === 'docker.io' ? '' : host}`.trimEnd();
		const [mayNot, other] =
			access === 'pull' ? ['', ', or has no such image'] : [', or it may not push there', ' to push'];
		return new SlipwayError(
			'DENIED',
			hadLogin
				? `${host} does not accept the login for ${repository}${mayNot} (401). Log in again: ${login}".`
				: `${host} wants a login for ${repository}${other} (401). Log in: ${login}" ` +
						"(slipway reads Docker's config.json).",
		);
	}

	/** The challenge names the access of one request. A push needs both kinds, and one token for them. */
	function scopeOf({ parameters: { scope = `repository:${repository}:pull` } }: Challenge): string {
		return access === 'pull' ? scope : scope.replace(/^(repository:[^ ]+:)(pull|push)$/, '$1pull,push');
	}

	async function token(
		challenge: Challenge,
		login: Exclude<Credentials, { kind: 'bearer' }> | null,
	): Promise<string> {
		const { realm = '', service } = challenge.parameters;
		const scope = scopeOf(challenge);
		const url = followedUrl(realm, new URL(endpoint.origin), host);
		// Any registry that is reached by plain HTTP, and any host between, could else have the login sent anywhere.
		if (login !== null && url.protocol === 'http:' && url.hostname !== new URL(endpoint.origin).hostname) {
			throw new SlipwayError(
				'DENIED',
				`${host} wants its login sent to ${url.host} by plain http, where anybody between could read it. It was not sent.`,
			);
		}
		const query = { ...(service === undefined ? {} : { service }), scope };
		const response = login?.kind === 'identity' ? await refreshed(login.token) : await granted(login);
		if (response.statusCode === 401) {
			response.resume();
			throw refused();
		}
		if (response.statusCode !== 200) {
			const what = `a token for ${repository}`;
			throw await failureOf(response, { host: url.host, access: 'pull', what });
		}
		return tokenIn(await readWhole(response, url.host, maxTokenBytes), url.host);

		/** Does not follow redirects, because the body is the login. */
		async function refreshed(refreshToken: string): Promise<IncomingMessage> {
			const body = {
				grant_type: 'refresh_token',
				client_id: 'slipway',
				refresh_token: refreshToken,
				...query,
			};
			return await http.request(url, {
				method: 'POST',
				body: new URLSearchParams(body).toString(),
				headers: { 'content-type': 'application/x-www-form-urlencoded' },
			});
		}

		async function granted(password: PasswordLogin | null): Promise<IncomingMessage> {
			const login = (): string | null => (password === null ? null : basic(password));
			const request = { method: 'GET', headers: {} } as const;
			return (await requestFollowing(http, withQuery(url, query), request, url.host, login)).response;
		}
	}

	async function authorization(challenges: readonly Challenge[]): Promise<string> {
		known ??= credentialsOf(host);
		const login = await known;
		hadLogin = login !== null;
		const bearer = challenges.find((each) => each.scheme === 'bearer');
		if (bearer !== undefined)
			return `Bearer ${login?.kind === 'bearer' ? login.token : await token(bearer, login)}`;
		if (!challenges.some((each) => each.scheme === 'basic') || login?.kind !== 'password') throw refused();
		return basic(login);
	}

	async function answerNow(header: string): Promise<void> {
		try {
			current = await authorization(parseChallenges(header));
		} finally {
			answering = null;
		}
	}

	return {
		current: () => current,
		refused,
		async answer(header) {
			answering ??= answerNow(header);
			await answering;
		},
	};
}

type PasswordLogin = Extract<Credentials, { kind: 'password' }>;

function basic(login: PasswordLogin): string {
	return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

function withQuery(url: URL, query: Readonly<Record<string, string>>): URL {
	const result = new URL(url);
	for (const [name, value] of Object.entries(query)) result.searchParams.set(name, value);
	return result;
}

/** Returns `token`, or OAuth2's `access_token`. */
function tokenIn(body: Buffer, host: string): string {
	try {
		const { token, access_token } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
		const found = token ?? access_token;
		if (typeof found === 'string' && /^[\x21-\x7e]+$/.test(found)) return found;
	} catch {
		// Not JSON: the error follows.
	}
	throw new SlipwayError('REGISTRY_FAILED', `${host} was asked for a token and gave none.`);
}
