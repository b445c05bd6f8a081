// A request that goes where the answer sends it.

import type { IncomingMessage } from 'node:http';
import { SlipwayError } from '../errors.ts';
import { followedUrl } from './endpoint.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';

export interface Followed {
	readonly response: IncomingMessage;
	/** Whether it comes from where the request went first, and not from elsewhere. */
	readonly isHome: boolean;
}

const maxRedirects = 5;

/**
 * A redirect may lead away from who is trusted: the login stays at home.
 *
 * @param host - the registry, for errors
 * @param login - the header `authorization`, read anew for each request
 */
export async function requestFollowing(
	http: HttpClient,
	start: URL,
	{ headers, ...request }: HttpRequest,
	host: string,
	login: () => string | null,
): Promise<Followed> {
	// Go's client, and so Docker's, makes a GET of a POST that is sent on by the older ones.
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
