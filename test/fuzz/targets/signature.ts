// Signatures of images: cosign's payload, Sigstore's bundle, and files of public keys. Nothing that a fuzzer writes is signed.

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { parsePublicKey } from '../../../tools/trust/public-keys.ts';
import { judgeBundle } from '../../../tools/trust/sigstore-bundle.ts';
import { judgeSimpleSigning } from '../../../tools/trust/simple-signing.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { jsonWords } from '../support/json-words.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const ed = generateKeyPairSync('ed25519');
const pemOf = (pair: typeof ec): string => pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const keys = [ec, ed].map((pair, index) => parsePublicKey(pemOf(pair), `key ${index}`));

const manifest = Buffer.from('{"schemaVersion":2}');
const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
const otherDigest = `sha256:${'b'.repeat(64)}`;
const image = { domain: 'docker.io', path: 'a/b', digest };

const statement = Buffer.from(
	JSON.stringify({
		_type: 'https://in-toto.io/Statement/v1',
		subject: [{ name: '', digest: { sha256: otherDigest.slice(7) } }],
		predicateType: 'https://sigstore.dev/cosign/sign/v1',
		predicate: {},
	}),
);
const payloadType = 'application/vnd.in-toto+json';
const encoded = Buffer.concat([
	Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `),
	statement,
]);
/** The signatures are good, and of another image. */
const bundle = {
	mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
	verificationMaterial: { publicKey: { hint: 'x' }, tlogEntries: [] },
	dsseEnvelope: {
		payload: statement.toString('base64'),
		payloadType,
		signatures: [{ sig: sign('sha256', encoded, ec.privateKey).toString('base64'), keyid: '' }],
	},
};
const message = {
	...{ mediaType: bundle.mediaType, verificationMaterial: bundle.verificationMaterial },
	messageSignature: {
		messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(digest.slice(7), 'hex').toString('base64') },
		signature: sign('sha256', Buffer.from('other'), ec.privateKey).toString('base64'),
	},
};
const simple = JSON.stringify({
	critical: {
		type: 'cosign container image signature',
		image: { 'docker-manifest-digest': otherDigest },
		identity: { 'docker-reference': 'docker.io/a/b' },
	},
});
const simpleSignature = sign('sha256', Buffer.from(simple), ec.privateKey).toString('base64');

export const target: FuzzTarget = {
	seeds: [JSON.stringify(bundle), JSON.stringify(message), simple, simpleSignature, pemOf(ec)],
	words: [
		...jsonWords,
		digest.slice(7),
		otherDigest.slice(7),
		digest,
		simpleSignature,
		'-----BEGIN PUBLIC KEY-----\n',
	],
	declares: isForUser,
	async run(input) {
		refuse('bundle', await judgeBundle(input, image, keys, async () => manifest));
		refuse('payload', judgeSimpleSigning(input, simpleSignature, image, keys));
		refuse('signature', judgeSimpleSigning(Buffer.from(simple), input.toString('latin1'), image, keys));
		// A payload that an owner of the key signs is read too, and may say anything.
		judgeSimpleSigning(input, sign('sha256', input, ec.privateKey).toString('base64'), image, keys);
		parsePublicKey(input.toString('utf8'), 'f');
	},
};

function refuse(what: string, judgement: object): void {
	if ('key' in judgement) throw new Violation(`the forged ${what} is taken`);
}
