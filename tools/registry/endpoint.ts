// Where a repository is asked for: the mirrors of its registry in order, then the registry itself.

import { SlipwayError, UsageError } from '../errors.ts';
import type { ImageReference } from '../images/reference.ts';

export interface Endpoint {
	/** Scheme, host and port. */
	readonly origin: string;
	/** The repository there; a mirror may keep it under a prefix of its own. */
	readonly repository: string;
	/** The name for messages, for `docker login` and for looking up credentials. */
	readonly host: string;
}

/** What is done there. Who pushes also looks what is there already. */
export type RegistryAccess = 'pull' | 'push';

export interface Mirror {
	/** The registry that it stands for, as in a reference: `docker.io`. */
	readonly domain: string;
	readonly url: URL;
}

/** Docker Hub's registry has another host name than its images. */
const dockerHub = { domain: 'docker.io', host: 'registry-1.docker.io' };

/** `docker.io=http://127.0.0.1:5000`; a path of the URL is put before the repository's name. */
export function parseMirror(text: string): Mirror {
	const [domain = '', address = ''] = splitOnce(text, '=');
	const url = URL.canParse(address) ? new URL(address) : null;
	if (domain === '' || url === null || !['http:', 'https:'].includes(url.protocol)) {
		throw new UsageError(
			`--mirror ${text}: expected REGISTRY=URL, for example docker.io=http://127.0.0.1:5000.`,
		);
	}
	// Nor shown, and nothing that is dropped without a word.
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

/** The registry itself: the only one that is written to. */
export function ownEndpoint({ domain, path }: ImageReference, plainHttp = false): Endpoint {
	const own = domain === dockerHub.domain ? dockerHub.host : domain;
	return {
		origin: `${plainHttp || isLoopback(own) ? 'http' : 'https'}://${own}`,
		repository: path,
		host: domain,
	};
}

/** A registry on this machine may speak plain http; it is asked by https only through a mirror's `https://`. */
function isLoopback(host: string): boolean {
	return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}

const maxShownUrl = 200;

/** A URL that the registry sent us to. Never from https down to plain http. */
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
