// Which images a build must be able to trust, and by what: a digest, or a signature. Pure: who asks pulls and verifies.

import { type ImageReference, parseReference } from '../images/reference.ts';

export interface TrustRule {
	/** Who asks, for an error: `trust in system.yml`, `--require-digest`. */
	readonly askedBy: string;
	/** Organizations and images; null: all. */
	readonly names: { readonly orgs: readonly string[]; readonly images: readonly string[] } | null;
	/** Files of public keys, of which one must have signed. Empty: a digest is what is asked for. */
	readonly keyFiles: readonly string[];
}

/** The rules that an image falls under. */
export function rulesOf(image: string, rules: readonly TrustRule[]): readonly TrustRule[] {
	const reference = parseReference(image);
	return rules.filter(
		({ names }) =>
			names === null ||
			names.orgs.some((org) => isOfOrg(reference, org)) ||
			names.images.some((name) => isImage(reference, name)),
	);
}

/** Whether a name is that of the image or of its organization. */
export function isNamed(image: string, name: string): boolean {
	const reference = parseReference(image);
	return isOfOrg(reference, name) || isImage(reference, name);
}

/** `linuxkit` is the organization of `linuxkit/kernel`, in whatever registry; `ghcr.io/linuxkit` in that one alone. */
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
