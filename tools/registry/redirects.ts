// Sends a request and follows redirects.

import type { IncomingMessage } from 'node:http';
import { SlipwayError } from '../errors.ts';
import { followedUrl } from './endpoint.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';

export interface Followed {
	readonly response: IncomingMessage;
	/** Reports whether the response is from the origin of the first request. */
	readonly isHome: boolean;
}

const maxRedirects = 5;

/**
 * Follows at most five redirects. A redirect may lead to another host, which does not receive the login.
 *
 * @param host - names the registry in errors
 * @param login - returns the header `authorization` for each request
 */
export async function requestFollowing(
	http: HttpClient,
	start: URL,
	{ headers, ...request }: HttpRequest,
	host: string,
	login: () => string | null,
): Promise<Followed> {
	// Go's client, and so Docker's, turns a POST into a GET for the older statuses.
	const redirects = ['GET', 'HEAD'].includes(request.method) ? [301, 302, 303, 307, 308] : [307, 308];
	let url = start;
	for (let hops = 0; hops <= maxRedirects; hops += 1) {
		const isHome = url.origin === start.origin;
		const authorization = isHome ? login() : null;
		const response = await http.request(url, {
			...request,
			headers: { ...headers, ...(authorization === null ? {} : { authorization }) },
		});
		const { location } = response.headers;
		if (!redirects.includes(response.statusCode ?? 0) || location === undefined) return { response, isHome };
		response.resume();
		url = followedUrl(location, url, host);
	}
	throw new SlipwayError('REGISTRY_FAILED', `${host} sends on more than ${maxRedirects} times.`);
}
