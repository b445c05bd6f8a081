// Verifies cosign's own signature: a signed payload that names image and repository (containers/image,
// `containers-signature.5.md`, "JSON data format").

import { parseJson } from '../../native/text/parse-json.ts';
import { printable } from '../../native/text/printable.ts';
import { parseReference } from '../images/reference.ts';
import { isSignedBy, type PublicKey } from './public-keys.ts';
import { signedTimeMs } from './signature-age.ts';

/** The image that a signature must name. */
export interface SignedImage {
	readonly domain: string;
	/** The path of the repository. */
	readonly path: string;
	readonly digest: string;
}

/** The key of a valid signature and the time that it has signed, if any; or the reason why the signature does not count. */
export type Judgement =
	| { readonly key: PublicKey; readonly signedAtMs: number | null }
	| { readonly why: string };

const claimedType = 'cosign container image signature';

/** @param signature - the signature in base64 */
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
	// The payload is not parsed before its signature is verified.
	if (key === undefined) return { why: 'one is not by these keys' };
	const claim = parseJson(payload);
	const why = whyNotOf(image, claim);
	if (why !== null) return { why };
	return { key, signedAtMs: signedTimeMs(member(member(claim, 'optional'), 'timestamp')) };
}

function whyNotOf(image: SignedImage, claim: unknown): string | null {
	const critical = member(claim, 'critical');
	if (member(critical, 'type') !== claimedType)
		return `one has the type ${shown(member(critical, 'type'))}, not "${claimedType}"`;
	const digest = member(member(critical, 'image'), 'docker-manifest-digest');
	if (digest !== image.digest) return `one is of another image, ${shown(digest)}`;
	return whyOfOther(image, member(member(critical, 'identity'), 'docker-reference'));
}

/** Returns the reason why a signature with this repository does not count; null when it does. */
export function whyOfOther(image: SignedImage, repository: unknown): string | null {
	return isOf(image, repository)
		? null
		: `one is of ${shown(repository)}; if that is where the image comes from, name it so and fetch it by --mirror`;
}

/**
 * Compares the repository. cosign does so only by an option, podman by `matchRepository`. One key signs all images of an
 * organization, so a registry or mirror could otherwise serve one of them in place of another. With --mirror an image keeps
 * its name. A signature without a repository (of old cosign, and of cosign 3 by default) is accepted. Tag and digest of the name
 * do not count, because the digest was compared before.
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

/** Returns a property of `value`; undefined when it has none or is no object. */
export function member(value: unknown, name: string): unknown {
	const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
	return isObject ? (value as Record<string, unknown>)[name] : undefined;
}

/** Returns an untrusted value as short text for a message. */
export function shown(value: unknown): string {
	return printable(String(JSON.stringify(value))).slice(0, 120);
}
