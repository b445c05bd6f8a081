// cosign's own signature: a payload that names image and repository (containers/image, `containers-signature.5.md`,
// "JSON data format"), signed as it stands, byte by byte.

import { printable } from '../../native/text/printable.ts';
import { parseReference } from '../images/reference.ts';
import { isSignedBy, type PublicKey } from './public-keys.ts';

/** What a signature must be of. */
export interface SignedImage {
	readonly domain: string;
	/** Of the repository. */
	readonly path: string;
	readonly digest: string;
}

/** The key that has signed, or why the signature does not count. */
export type Judgement = { readonly key: PublicKey } | { readonly why: string };

const claimedType = 'cosign container image signature';

/** @param signature - in base64 */
export function judgeSimpleSigning(
	payload: Buffer,
	signature: string,
	image: SignedImage,
	keys: readonly PublicKey[],
): Judgement {
	// cosign's own reader skips line breaks, and only those.
	const base64 = signature.replaceAll(/[\r\n]/g, '');
	if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64))
		return { why: 'one is cut or no base64' };
	const key = keys.find((each) => isSignedBy(each, payload, Buffer.from(base64, 'base64')));
	// Nothing of the payload is believed before.
	if (key === undefined) return { why: 'one is not by these keys' };
	const why = whyNotOf(image, payload);
	return why === null ? { key } : { why };
}

function whyNotOf(image: SignedImage, payload: Buffer): string | null {
	const critical = member(parseJson(payload), 'critical');
	if (member(critical, 'type') !== claimedType)
		return `one has the type ${shown(member(critical, 'type'))}, not "${claimedType}"`;
	const digest = member(member(critical, 'image'), 'docker-manifest-digest');
	if (digest !== image.digest) return `one is of another image, ${shown(digest)}`;
	const repository = member(member(critical, 'identity'), 'docker-reference');
	return isOf(image, repository)
		? null
		: `one is of ${shown(repository)}; if that is where the image comes from, name it so and fetch it by --mirror`;
}

/**
 * cosign compares no repository unless it is told to; podman's `matchRepository` does, and so do we: one key signs all
 * images of an organization, and a registry (or mirror) that gives one of them for another must be noticed. A mirror is
 * no other repository: with --mirror the image keeps its name. What names no repository at all (old cosign, and the
 * bundles of cosign 3) is taken. Tag and digest of the name don't count: the digest was compared.
 */
function isOf(image: SignedImage, repository: unknown): boolean {
	if (repository === undefined || repository === '') return true;
	if (typeof repository !== 'string') return false;
	try {
		const { domain, path } = parseReference(repository);
		return domain === image.domain && path === image.path;
	} catch {
		return false;
	}
}

export function parseJson(bytes: Buffer): unknown {
	try {
		return JSON.parse(bytes.toString('utf8')) as unknown;
	} catch {
		return undefined;
	}
}

/** Undefined where there is none, whatever `value` is. */
export function member(value: unknown, name: string): unknown {
	const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
	return isObject ? (value as Record<string, unknown>)[name] : undefined;
}

export function shown(value: unknown): string {
	return printable(String(JSON.stringify(value))).slice(0, 120);
}
