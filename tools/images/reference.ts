// Parses image references by Docker's rules (distribution/reference): default domain, `library/`, default tag.

import { SlipwayError } from '../errors.ts';

const defaultDomain = 'docker.io';

export interface ImageReference {
	/** `docker.io`, `registry.example:5000`, `localhost` … */
	readonly domain: string;
	/** `library/redis`. */
	readonly path: string;
	/** Is null when only a digest is given. */
	readonly tag: string | null;
	readonly digest: string | null;
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const domainPattern =
	/^(?:\[[0-9a-fA-F:.]+\]|(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*)(?::[0-9]+)?$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
/** The limit of distribution/reference for domain and path together. */
const maxNameLength = 255;

/** Throws a `SlipwayError` that names the wrong part. */
export function parseReference(text: string): ImageReference {
	const scheme = /^[a-z][a-z-]*:\/\//i.exec(text)?.[0];
	if (scheme !== undefined) throw bad(text, `a name has no "${scheme}"; leave it out`);
	const [name = '', digest, ...more] = text.split('@');
	if (more.length > 0) throw bad(text, 'it has more than one "@"');
	if (digest !== undefined && !digestPattern.test(digest)) {
		throw bad(text, 'what follows "@" is not sha256: and 64 hexadecimal digits');
	}
	const { domain, rest } = splitDomain(name);
	const colon = rest.indexOf(':');
	const tag = colon === -1 ? null : rest.slice(colon + 1);
	if (tag !== null && !tagPattern.test(tag)) throw bad(text, `"${tag}" is not a tag`);
	const bare = colon === -1 ? rest : rest.slice(0, colon);
	const path = domain === defaultDomain && !bare.includes('/') ? `library/${bare}` : bare;
	if (!domainPattern.test(domain)) throw bad(text, `"${domain}" is not a host name`);
	if (!pathPattern.test(path))
		throw bad(text, 'a name has lower-case letters, digits and single . _ - / between them');
	if (domain.length + path.length >= maxNameLength)
		throw bad(text, `it is longer than ${maxNameLength} characters`);
	return { domain, path, tag: tag ?? (digest === undefined ? 'latest' : null), digest: digest ?? null };
}

/** Returns the canonical form, e.g. `docker.io/library/redis:latest`. */
export function formatReference(reference: ImageReference): string {
	const tag = reference.tag === null ? '' : `:${reference.tag}`;
	const digest = reference.digest === null ? '' : `@${reference.digest}`;
	return `${reference.domain}/${reference.path}${tag}${digest}`;
}

/** Docker's rule: the first part is a domain if it has a dot or a colon, or is `localhost`. */
function splitDomain(name: string): { domain: string; rest: string } {
	const slash = name.indexOf('/');
	const first = name.slice(0, Math.max(slash, 0));
	if (slash === -1 || !(/[.:]/.test(first) || first === 'localhost'))
		return { domain: defaultDomain, rest: name };
	const domain = first === 'index.docker.io' ? defaultDomain : first;
	return { domain, rest: name.slice(slash + 1) };
}

function bad(text: string, why: string): SlipwayError {
	return new SlipwayError('BAD_INPUT', `"${text}" is not an image reference: ${why}.`);
}
