// The rules that images must satisfy: a digest, or a signature by one of some keys. Pure: the caller pulls and verifies.

import { dirname, resolve } from 'node:path';
import { formatPosition } from '../config/position.ts';
import type { TrustConfig } from '../config/system-config.ts';
import { type ImageReference, parseReference } from '../images/reference.ts';

export interface TrustRule {
	/** The origin of the rule, for an error: `"trust" at system.yml:1:8`, `--require-digest`. */
	readonly askedBy: string;
	/** The organizations and images; null for all images. */
	readonly names: { readonly orgs: readonly string[]; readonly images: readonly string[] } | null;
	/** Files of public keys, one of which must have signed. An empty list demands a digest. */
	readonly keyFiles: readonly string[];
	/** The age that a signature may have; without it, any. */
	readonly maxAgeMs?: number;
}

/** Returns the rules of `trust:`. Key files are relative to the YAML file. */
export function configuredRules(trust: readonly TrustConfig[]): readonly TrustRule[] {
	return trust.map(({ image = [], org = [], keys = [], maxAge, at }) => ({
		askedBy: `"trust" at ${formatPosition(at)}`,
		names: { orgs: org, images: image },
		keyFiles: keys.map((file) => resolve(dirname(at.file), file)),
		...(maxAge === undefined ? {} : { maxAgeMs: maxAge.value }),
	}));
}

/** Returns the rules for an image. */
export function rulesOf(image: string, rules: readonly TrustRule[]): readonly TrustRule[] {
	const reference = parseReference(image);
	return rules.filter(
		({ names }) =>
			names === null ||
			names.orgs.some((org) => isOfOrg(reference, org)) ||
			names.images.some((name) => isImage(reference, name)),
	);
}

/** Reports whether a name is that of the image or of its organization. */
export function isNamed(image: string, name: string): boolean {
	const reference = parseReference(image);
	return isOfOrg(reference, name) || isImage(reference, name);
}

/**
 * Returns a line for each rule with names that match no image of the system: such a rule may be misspelt.
 *
 * @param rules - those of the command line; those of the YAML follow from `trust`
 * @param images - the names of all images of the system
 */
export function unmatchedLines(
	trust: readonly TrustConfig[],
	rules: readonly TrustRule[],
	images: readonly string[],
): string[] {
	const references = images.map(parseReference);
	const unmatched = (names: readonly string[], isMatch: (image: ImageReference, name: string) => boolean) =>
		names.filter((name) => !references.some((image) => isMatch(image, name)));
	const either = (image: ImageReference, name: string): boolean =>
		isOfOrg(image, name) || isImage(image, name);
	const line = (origin: string, names: readonly string[]): string[] =>
		names.length === 0 ? [] : [`${origin}: no image of the system matches ${names.join(', ')}.`];
	return [
		...trust.flatMap(({ image = [], org = [], labels = [], keys = [], at }) => {
			const origin = `"trust" at ${formatPosition(at)}`;
			if (keys.length > 0 && image.length === 0 && org.length === 0)
				return [`${origin}: the keys are for no image, because there is neither "image" nor "org".`];
			return line(origin, [
				...unmatched(image, isImage).map((name) => `"image: ${name}"`),
				...unmatched(org, isOfOrg).map((name) => `"org: ${name}"`),
				...unmatched(labels, either).map((name) => `"labels: ${name}"`),
			]);
		}),
		...rules.flatMap(({ askedBy, names }) => line(askedBy, unmatched(names?.orgs ?? [], either))),
	];
}

/**
 * `linuxkit` is the organization of `linuxkit/kernel` in any registry; `ghcr.io/linuxkit` is in that registry alone, and
 * `ghcr.io` is the whole registry. An organization has all that is below it.
 */
function isOfOrg(reference: ImageReference, org: string): boolean {
	const { domain, path } = sameRegistry(reference);
	const own = path.split('/').slice(0, -1).join('/');
	const [first = '', ...below] = org.split('/');
	const wanted = [registryName(first), ...below].join('/');
	return [own, `${domain}/${own}`].some((each) => each === wanted || each.startsWith(`${wanted}/`));
}

/** A name without a tag means all of an image's tags. */
function isImage(reference: ImageReference, name: string): boolean {
	const wanted = sameRegistry(parseReference(name));
	const { domain, path } = sameRegistry(reference);
	if (wanted.domain !== domain || wanted.path !== path) return false;
	if (wanted.digest !== null) return wanted.digest === reference.digest;
	return !/:[^/]*$/.test(name) || wanted.tag === reference.tag;
}

/** Gives a registry one name: `docker.io:443/nginx` is `docker.io/library/nginx`. */
function sameRegistry(reference: ImageReference): ImageReference {
	const { domain, path } = reference;
	const name = registryName(domain);
	const isDockers = name === 'docker.io' && !path.includes('/');
	return { ...reference, domain: name, path: isDockers ? `library/${path}` : path };
}

/** Port 443 is the default, except of `localhost`, where it is 80. Case does not count in a host name. */
function registryName(domain: string): string {
	if (!/[.:]/.test(domain) || domain.startsWith('localhost')) return domain;
	const name = domain.toLowerCase().replace(/:443$/, '');
	return name === 'index.docker.io' || name === 'registry-1.docker.io' ? 'docker.io' : name;
}
