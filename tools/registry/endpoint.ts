// The endpoints of a repository: the mirrors of its registry in order, then the registry itself.

import { SlipwayError, UsageError } from '../errors.ts';
import type { ImageReference } from '../images/reference.ts';

export interface Endpoint {
	/** Scheme, host and port. */
	readonly origin: string;
	/** The repository's name at the endpoint. A mirror may have a prefix. */
	readonly repository: string;
	/** The name in messages, for `docker login` and for the credentials. */
	readonly host: string;
}

/** A push also checks what the registry has. */
export type RegistryAccess = 'pull' | 'push';

export interface Mirror {
	/** The registry that it mirrors, as in a reference: `docker.io`. */
	readonly domain: string;
	readonly url: URL;
}

/** The host of Docker Hub's registry differs from the domain of its images. */
const dockerHub = { domain: 'docker.io', host: 'registry-1.docker.io' };

/**
 * Parses `docker.io=http://127.0.0.1:5000`. A path of the URL precedes the repository's name. Throws a `UsageError` for
 * another form.
 */
export function parseMirror(text: string): Mirror {
	const [domain = '', address = ''] = splitOnce(text, '=');
	const url = URL.canParse(address) ? new URL(address) : null;
	if (domain === '' || url === null || !['http:', 'https:'].includes(url.protocol)) {
		throw new UsageError(
			`--mirror ${text}: expected REGISTRY=URL, for example docker.io=http://127.0.0.1:5000.`,
		);
	}
	// The error does not show them, because they may be secret.
	if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
		throw new UsageError(
			`--mirror ${domain}=…: a URL has neither login nor query. Log in by "docker login ${url.host}".`,
		);
	}
	return { domain: domain === 'index.docker.io' ? dockerHub.domain : domain, url };
}

export function endpointsOf(reference: ImageReference, mirrors: readonly Mirror[]): readonly Endpoint[] {
	const { domain, path } = reference;
	return [
		...mirrors
			.filter((mirror) => mirror.domain === domain)
			.map(({ url }) => ({
				origin: url.origin,
				repository: [...url.pathname.split('/'), path].filter((part) => part !== '').join('/'),
				host: url.host,
			})),
		ownEndpoint(reference),
	];
}

/** Returns the registry itself, the only endpoint that a push writes to. */
export function ownEndpoint({ domain, path }: ImageReference, plainHttp = false): Endpoint {
	const own = domain === dockerHub.domain ? dockerHub.host : domain;
	return {
		origin: `${plainHttp || isLoopback(own) ? 'http' : 'https'}://${own}`,
		repository: path,
		host: domain,
	};
}

/** A registry on this machine is reached by plain http. A mirror with `https://` is the way to use https. */
function isLoopback(host: string): boolean {
	return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}

const maxShownUrl = 200;

/** Returns the URL of a redirect. Throws for one from https to plain http, and for any other scheme. */
export function followedUrl(location: string, from: URL, host: string): URL {
	const url = URL.canParse(location, from) ? new URL(location, from) : null;
	if (url?.protocol === 'https:' || (url?.protocol === 'http:' && from.protocol === 'http:')) return url;
	throw new SlipwayError(
		'REGISTRY_FAILED',
		`${host} sends on to "${location.slice(0, maxShownUrl)}", which is not https.`,
	);
}

function splitOnce(text: string, separator: string): [string, string] {
	const at = text.indexOf(separator);
	return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
