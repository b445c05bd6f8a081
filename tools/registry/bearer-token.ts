// Requests a Bearer token from the realm that a challenge names (distribution's `token.md` and `oauth.md`).

import type { IncomingMessage } from 'node:http';
import { SlipwayError } from '../errors.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './docker-credentials.ts';
import { type Endpoint, followedUrl, type RegistryAccess } from './endpoint.ts';
import type { HttpClient } from './http-client.ts';
import { requestFollowing } from './redirects.ts';
import { failureOf, readWhole } from './response.ts';

export type PasswordLogin = Extract<Credentials, { kind: 'password' }>;
type TokenLogin = Exclude<Credentials, { kind: 'bearer' }>;

const maxTokenBytes = 1024 * 1024;

/** Returns the token; null when the token server refuses the login (401). */
export async function requestToken(
	challenge: Challenge,
	login: TokenLogin | null,
	{ host, origin, repository }: Endpoint,
	access: RegistryAccess,
	http: HttpClient,
): Promise<string | null> {
	const { realm = '', service } = challenge.parameters;
	const url = followedUrl(realm, new URL(origin), host);
	// Otherwise a registry that is reached by plain http, or any host between, could direct the login anywhere.
	if (login !== null && url.protocol === 'http:' && url.hostname !== new URL(origin).hostname) {
		throw new SlipwayError(
			'DENIED',
			`${host} wants its login sent to ${url.host} by plain http, where anybody between could read it. It was not sent.`,
		);
	}
	const scope = scopeOf(challenge, repository, access);
	const query = { ...(service === undefined ? {} : { service }), scope };
	const response =
		login?.kind === 'identity'
			? await refresh(http, url, login.token, query)
			: await grant(http, url, login, query);
	if (response.statusCode === 401) {
		response.resume();
		return null;
	}
	if (response.statusCode !== 200) {
		const what = `a token for ${repository}`;
		throw await failureOf(response, { host: url.host, access: 'pull', what });
	}
	return tokenIn(await readWhole(response, url.host, maxTokenBytes), url.host);
}

/** The challenge names the access of one request. A push needs both kinds, and one token for them. */
function scopeOf({ parameters: { scope } }: Challenge, repository: string, access: RegistryAccess): string {
	const named = scope ?? `repository:${repository}:pull`;
	return access === 'pull' ? named : named.replace(/^(repository:[^ ]+:)(pull|push)$/, '$1pull,push');
}

/** Does not follow redirects, because the body is the login. */
async function refresh(
	http: HttpClient,
	url: URL,
	refreshToken: string,
	query: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
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

async function grant(
	http: HttpClient,
	url: URL,
	password: PasswordLogin | null,
	query: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
	const withQuery = new URL(url);
	for (const [name, value] of Object.entries(query)) withQuery.searchParams.set(name, value);
	const login = (): string | null => (password === null ? null : basic(password));
	const request = { method: 'GET', headers: {} } as const;
	return (await requestFollowing(http, withQuery, request, url.host, login)).response;
}

/** Returns the value of `authorization` for a password. */
export function basic(login: PasswordLogin): string {
	return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
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
