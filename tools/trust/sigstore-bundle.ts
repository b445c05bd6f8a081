// Verifies the signature of cosign 3: a Sigstore bundle (sigstore/protobuf-specs, `sigstore_bundle.proto`) with an in-toto
// statement in a DSSE envelope, or with a signature of the image's manifest. Only the key counts; entries of a transparency
// log and timestamps are ignored.

import type { Bundle } from '@sigstore/bundle';
import { parseJson } from '../../native/text/parse-json.ts';
import { digestHex } from '../../supervisor/image/descriptor.ts';
import { signPredicate } from './media-types.ts';
import { isSignedBy, type PublicKey } from './public-keys.ts';
import { signedTimeMs } from './signature-age.ts';
import { type Judgement, member, type SignedImage, shown, whyOfOther } from './simple-signing.ts';

type Envelope = Extract<Bundle['content'], { $case: 'dsseEnvelope' }>['dsseEnvelope'];
type MessageSignature = Extract<Bundle['content'], { $case: 'messageSignature' }>['messageSignature'];

const statementPayload = 'application/vnd.in-toto+json';
const statementTypes = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'];

/** @param manifest - returns the bytes of the signed image's manifest */
export async function judgeBundle(
	bytes: Buffer,
	image: SignedImage,
	keys: readonly PublicKey[],
	manifest: () => Promise<Buffer>,
): Promise<Judgement> {
	// Loaded on demand: a build without a bundle does not need these 50 kB.
	const { bundleFromJSON } = await import('@sigstore/bundle');
	let bundle: Bundle;
	try {
		bundle = bundleFromJSON(parseJson(bytes));
	} catch (error) {
		return { why: `one is no Sigstore bundle (${shown((error as Error).message)})` };
	}
	const { content } = bundle;
	return content.$case === 'dsseEnvelope'
		? judgeEnvelope(content.dsseEnvelope, image, keys)
		: await judgeMessage(content.messageSignature, image.digest, keys, manifest);
}

function judgeEnvelope(envelope: Envelope, image: SignedImage, keys: readonly PublicKey[]): Judgement {
	const { payload, payloadType, signatures } = envelope;
	const signed = preAuthEncoding(payloadType, payload);
	const key = keys.find((each) => signatures.some(({ sig }) => isSignedBy(each, signed, sig)));
	if (key === undefined) return { why: 'one is not by these keys' };
	if (payloadType !== statementPayload) return { why: `one is a ${shown(payloadType)}` };
	return judgeStatement(parseJson(payload), image, key);
}

/**
 * A subject names its repository by in-toto's `name`, or by the annotation of `cosign sign -a docker-reference=NAME`; cosign
 * itself names none.
 */
function judgeStatement(statement: unknown, image: SignedImage, key: PublicKey): Judgement {
	if (!statementTypes.includes(String(member(statement, '_type'))))
		return { why: 'one is no statement of in-toto' };
	const predicate = member(statement, 'predicateType');
	// An attestation about an image, such as its provenance or a scan, is not a signature of it.
	if (predicate !== signPredicate) return { why: `one only attests ${shown(predicate)}` };
	const given = member(statement, 'subject');
	const subjects: readonly unknown[] = Array.isArray(given) ? given : [];
	const digestOf = (subject: unknown): unknown => member(member(subject, 'digest'), 'sha256');
	const own = subjects.filter((each) => digestOf(each) === digestHex(image.digest));
	if (own.length === 0) return { why: `one is of another image, sha256:${shown(digestOf(subjects[0]))}` };
	const reasons = own.map(
		(each) =>
			whyOfOther(image, member(each, 'name')) ??
			whyOfOther(image, member(member(each, 'annotations'), 'docker-reference')),
	);
	const subject = own[reasons.indexOf(null)];
	if (subject === undefined) return { why: reasons[0] ?? '' };
	return { key, signedAtMs: signedTimeMs(member(member(subject, 'annotations'), 'timestamp')) };
}

async function judgeMessage(
	{ messageDigest, signature }: MessageSignature,
	digest: string,
	keys: readonly PublicKey[],
	manifest: () => Promise<Buffer>,
): Promise<Judgement> {
	const named = messageDigest.digest.toString('hex');
	if (named !== digestHex(digest)) return { why: `one is of another image, sha256:${shown(named)}` };
	const signed = await manifest();
	const key = keys.find((each) => isSignedBy(each, signed, signature));
	return key === undefined ? { why: 'one is not by these keys' } : { key, signedAtMs: null };
}

/** Returns the signed bytes, which include type and length (secure-systems-lab/dsse, `protocol.md`). */
function preAuthEncoding(type: string, payload: Buffer): Buffer {
	const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
	return Buffer.concat([Buffer.from(head), payload]);
}
