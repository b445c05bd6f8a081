// Who may talk to the dashboard: requests to this host's own address with the token in their path, and none that another page has
// caused. A page of an attacker whose name resolves to 127.0.0.1 (DNS rebinding) has another Host, and a form or script of
// another page has another Origin.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guard {
	/** The path of the page, with a slash at both ends. */
	readonly base: string;
	/**
	 * Returns the path below the page's, such as `events`, with its query; null when the request must see nothing.
	 *
	 * @param port - where the server listens
	 */
	admit(request: Pick<IncomingMessage, 'headers' | 'method' | 'url'>, port: number): URL | null;
}

/** Returns 192 random bits, as a part of a path. */
export function newToken(): string {
	return randomBytes(24).toString('base64url');
}

export function createGuard(token: string): Guard {
	const expected = digest(token);
	return {
		base: `/${token}/`,
		admit({ headers, method = 'GET', url = '/' }, port) {
			const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
			if (!hosts.includes(headers.host ?? '')) return null;
			const { origin } = headers;
			if (origin !== undefined && origin !== `http://${headers.host}`) return null;
			// A request that changes something comes from a script of the page, and browsers say so.
			if (method !== 'GET' && origin === undefined) return null;
			const site = headers['sec-fetch-site'];
			if (site !== undefined && site !== 'same-origin' && site !== 'none') return null;
			const [, given = '', rest] = /^\/([^/?#]*)(\/.*)$/.exec(url) ?? [];
			// Digests have one length, whatever was given.
			if (!timingSafeEqual(digest(given), expected) || rest === undefined) return null;
			return new URL(`http://page${rest}`);
		},
	};
}

function digest(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}
