import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import type { BlobFolder } from '../../../../tools/images/blob-folder.ts';
import {
	fetchAndVerify,
	type KeyPair,
	makeKey,
	pulledImage,
	pushSignatures,
	type Signable,
	type SignatureLayer,
	sign,
} from './signing.ts';

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
const otherDigest = `sha256:${'0'.repeat(64)}`;

function layerOf(content: Readonly<Record<string, unknown>>): SignatureLayer {
	const verificationMaterial = { publicKey: { hint: 'x' }, tlogEntries: [] };
	const bundle = { mediaType: bundleType, verificationMaterial, ...content };
	return { bytes: Buffer.from(JSON.stringify(bundle)), mediaType: bundleType, annotations: {} };
}

/** @param more - properties of the subject */
function statementOf(
	digest: string,
	predicateType = signPredicate,
	more: Readonly<Record<string, unknown>> = { annotations: {} },
): Buffer {
	const subject = [{ digest: { sha256: digest.replace('sha256:', '') }, ...more }];
	const _type = 'https://in-toto.io/Statement/v1';
	return Buffer.from(JSON.stringify({ _type, subject, predicateType, predicate: {} }));
}

/** As cosign 3 signs. */
async function dsseLayer(
	t: ExecutionContext,
	key: KeyPair,
	payload: Buffer,
	payloadType = 'application/vnd.in-toto+json',
): Promise<SignatureLayer> {
	const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
	const sig = await sign(t, key, Buffer.concat([Buffer.from(head), payload]));
	const signatures = [{ sig: sig.toString('base64'), keyid: '' }];
	return layerOf({ dsseEnvelope: { payload: payload.toString('base64'), payloadType, signatures } });
}

function manifestBytes(blobs: BlobFolder, digest: string): Buffer {
	return readFileSync(blobs.path(digest));
}

function messageLayer(digest: string, signature: Buffer): SignatureLayer {
	const named = Buffer.from(digest.replace('sha256:', ''), 'hex').toString('base64');
	const messageDigest = { algorithm: 'SHA2_256', digest: named };
	return layerOf({ messageSignature: { messageDigest, signature: signature.toString('base64') } });
}

for (const kind of ['P-256', 'RSA 2048', 'Ed25519']) {
	test(`judgeBundle() accepts a statement signed by a ${kind} key`, async (t) => {
		const image = await pulledImage(t);
		const key = await makeKey(t, kind);
		await pushSignatures(image, [await dsseLayer(t, key, statementOf(image.digest))]);
		t.is((await fetchAndVerify(t, image, key)).file, key.publicFile);
	});
}

test('judgeBundle() accepts a signature of the manifest', async (t) => {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	const signature = await sign(t, key, manifestBytes(image.store.blobs, image.digest));
	await pushSignatures(image, [messageLayer(image.digest, signature)]);
	t.is((await fetchAndVerify(t, image, key)).file, key.publicFile);
});

test('judgeBundle() accepts a statement that names the repository, by the subject or by an annotation', async (t) => {
	const image = await pulledImage(t);
	const [first, second] = [await makeKey(t), await makeKey(t)];
	const repository = `${image.host}/${image.repository}`;
	const named = { name: repository, annotations: { 'docker-reference': repository } };
	await pushSignatures(image, [
		await dsseLayer(t, first, statementOf(image.digest, signPredicate, named)),
		await dsseLayer(
			t,
			second,
			statementOf(image.digest, signPredicate, { annotations: { 'docker-reference': repository } }),
		),
	]);
	for (const key of [first, second]) t.is((await fetchAndVerify(t, image, key)).file, key.publicFile);
});

type Attack = (t: ExecutionContext, image: Signable, key: KeyPair) => Promise<SignatureLayer>;

const attacks: Readonly<Record<string, readonly [Attack, RegExp]>> = {
	'a statement of another image': [
		async (t, _image, key) => await dsseLayer(t, key, statementOf(otherDigest)),
		/one is of another image, sha256:"0000/,
	],
	'a statement by another key': [
		async (t, { digest }) => await dsseLayer(t, await makeKey(t), statementOf(digest)),
		/not by these keys/,
	],
	'a statement whose subject is of another repository': [
		async (t, { digest }, key) =>
			await dsseLayer(t, key, statementOf(digest, signPredicate, { name: 'docker.io/slipway/b' })),
		/one is of "docker\.io\/slipway\/b"; .*--mirror/,
	],
	'a statement that names another repository in an annotation': [
		async (t, { digest }, key) =>
			await dsseLayer(
				t,
				key,
				statementOf(digest, signPredicate, { annotations: { 'docker-reference': 'docker.io/slipway/b' } }),
			),
		/one is of "docker\.io\/slipway\/b"; .*--mirror/,
	],
	'an attestation': [
		async (t, { digest }, key) =>
			await dsseLayer(t, key, statementOf(digest, 'https://slsa.dev/provenance/v1')),
		/one only attests "https:\/\/slsa/,
	],
	'a payload of another type': [
		async (t, { digest }, key) => await dsseLayer(t, key, statementOf(digest), 'text/plain'),
		/one is a "text\/plain"/,
	],
	'a payload that is no statement': [
		async (t, _image, key) => await dsseLayer(t, key, Buffer.from('[]')),
		/no statement of in-toto/,
	],
	'a statement without subjects': [
		async (t, _image, key) =>
			await dsseLayer(
				t,
				key,
				Buffer.from(
					JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', predicateType: signPredicate }),
				),
			),
		/one is of another image, sha256:undefined/,
	],
	'a signature over another manifest': [
		async (t, _image, key) => messageLayer(otherDigest, await sign(t, key, Buffer.from('x'))),
		/one is of another image/,
	],
	"a signature over other bytes under the image's digest": [
		async (t, { digest }, key) => messageLayer(digest, await sign(t, key, Buffer.from('x'))),
		/not by these keys/,
	],
	'a bundle without content': [async () => layerOf({}), /no Sigstore bundle/],
	'what is no bundle': [
		async () => ({ bytes: Buffer.from('null'), mediaType: bundleType, annotations: {} }),
		/no Sigstore bundle/,
	],
};

for (const [attack, [layer, message]] of Object.entries(attacks)) {
	test(`judgeBundle() refuses ${attack}`, async (t) => {
		const image = await pulledImage(t);
		const key = await makeKey(t);
		await pushSignatures(image, [await layer(t, image, key)]);
		await t.throwsAsync(fetchAndVerify(t, image, key), { code: 'BAD_SIGNATURE', message });
	});
}
