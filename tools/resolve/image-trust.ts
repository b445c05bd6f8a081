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
}

/** Returns the rules of `trust:`. Key files are relative to the YAML file. */
export function configuredRules(trust: readonly TrustConfig[]): readonly TrustRule[] {
	return trust.map(({ image = [], org = [], keys = [], at }) => ({
		askedBy: `"trust" at ${formatPosition(at)}`,
		names: { orgs: org, images: image },
		keyFiles: keys.map((file) => resolve(dirname(at.file), file)),
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

/** `linuxkit` is the organization of `linuxkit/kernel` in any registry; `ghcr.io/linuxkit` is in that registry alone. */
function isOfOrg({ domain, path }: ImageReference, org: string): boolean {
	const own = path.split('/').slice(0, -1).join('/');
	return own === org || own.startsWith(`${org}/`) || `${domain}/${own}` === org;
}

/** A name without a tag means all of an image's tags. */
function isImage(reference: ImageReference, name: string): boolean {
	const wanted = parseReference(name);
	if (wanted.domain !== reference.domain || wanted.path !== reference.path) return false;
	if (wanted.digest !== null) return wanted.digest === reference.digest;
	return !/:[^/]*$/.test(name) || wanted.tag === reference.tag;
}
