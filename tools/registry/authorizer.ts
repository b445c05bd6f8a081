// Answers a registry's challenge: Basic, or a Bearer token (bearer-token.ts). Each repository has its own authorizer, because
// a token is valid for one repository.

import { SlipwayError } from '../errors.ts';
import { basic, requestToken } from './bearer-token.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials, CredentialsOf } from './docker-credentials.ts';
import type { Endpoint, RegistryAccess } from './endpoint.ts';
import type { HttpClient } from './http-client.ts';

export interface Authorizer {
	/** Returns the value of `authorization` for the next request; null before the first challenge. */
	current(): string | null;
	/** Answers the WWW-Authenticate of a 401. Throws when no login answers it. */
	answer(header: string): Promise<void>;
	/** Returns the error for a 401 in spite of an answer. */
	refused(): SlipwayError;
}

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

	async function authorization(challenges: readonly Challenge[]): Promise<string> {
		known ??= credentialsOf(host);
		const login = await known;
		hadLogin = login !== null;
		const bearer = challenges.find((each) => each.scheme === 'bearer');
		if (bearer !== undefined) {
			const token =
				login?.kind === 'bearer' ? login.token : await requestToken(bearer, login, endpoint, access, http);
			if (token === null) throw refused();
			return `Bearer ${token}`;
		}
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
