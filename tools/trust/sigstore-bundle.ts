// Verifies the signature of cosign 3: a Sigstore bundle (sigstore/protobuf-specs, `sigstore_bundle.proto`) with an in-toto
// statement in a DSSE envelope, or with a signature of the image's manifest. Only the key counts; entries of a transparency
// log and timestamps are ignored.

import type { Bundle } from '@sigstore/bundle';
import { digestHex } from '../images/descriptor.ts';
import { signPredicate } from './media-types.ts';
import { isSignedBy, type PublicKey } from './public-keys.ts';
import { type Judgement, member, parseJson, shown } from './simple-signing.ts';

type Envelope = Extract<Bundle['content'], { $case: 'dsseEnvelope' }>['dsseEnvelope'];
type MessageSignature = Extract<Bundle['content'], { $case: 'messageSignature' }>['messageSignature'];

const statementPayload = 'application/vnd.in-toto+json';
const statementTypes = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'];

/** @param manifest - returns the bytes of the signed image's manifest */
export async function judgeBundle(
	bytes: Buffer,
	digest: string,
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
		? judgeEnvelope(content.dsseEnvelope, digest, keys)
		: await judgeMessage(content.messageSignature, digest, keys, manifest);
}

function judgeEnvelope(envelope: Envelope, digest: string, keys: readonly PublicKey[]): Judgement {
	const { payload, payloadType, signatures } = envelope;
	const signed = preAuthEncoding(payloadType, payload);
	const key = keys.find((each) => signatures.some(({ sig }) => isSignedBy(each, signed, sig)));
	if (key === undefined) return { why: 'one is not by these keys' };
	const why = payloadType === statementPayload ? whyNotOf(digest, payload) : `one is a ${shown(payloadType)}`;
	return why === null ? { key } : { why };
}

function whyNotOf(digest: string, payload: Buffer): string | null {
	const statement = parseJson(payload);
	if (!statementTypes.includes(String(member(statement, '_type')))) return 'one is no statement of in-toto';
	const predicate = member(statement, 'predicateType');
	// An attestation about an image, such as its provenance or a scan, is not a signature of it.
	if (predicate !== signPredicate) return `one only attests ${shown(predicate)}`;
	const subjects = member(statement, 'subject');
	const digests = (Array.isArray(subjects) ? subjects : []).map((each) =>
		member(member(each, 'digest'), 'sha256'),
	);
	return digests.includes(digestHex(digest)) ? null : `one is of another image, sha256:${shown(digests[0])}`;
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
	return key === undefined ? { why: 'one is not by these keys' } : { key };
}

/** Returns the signed bytes, which include type and length (secure-systems-lab/dsse, `protocol.md`). */
function preAuthEncoding(type: string, payload: Buffer): Buffer {
	const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
	return Buffer.concat([Buffer.from(head), payload]);
}
