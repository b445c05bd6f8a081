import { writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { hostPlatform } from '../../../../tools/images/store.ts';
import { readPublicKeys } from '../../../../tools/trust/public-keys.ts';
import { verifyImage } from '../../../../tools/trust/verify-image.ts';
import { digestOf } from '../../../helpers/tar.ts';
import { pull } from '../registry/pulling.ts';
import {
	fetchAndVerify,
	type KeyPair,
	makeKey,
	payloadOf,
	pulledImage,
	pushSignatures,
	putManifest,
	type Signable,
	type SignatureLayer,
	sign,
	signedLayer,
	simpleLayer,
} from './signing.ts';

for (const kind of ['P-256', 'P-384', 'RSA 2048', 'Ed25519']) {
	test(`verifyImage() accepts cosign's signature by a ${kind} key, and again without the registry`, async (t) => {
		const image = await pulledImage(t);
		const [key, other] = [await makeKey(t, kind), await makeKey(t)];
		const payload = payloadOf(`${image.host}/slipway/a`, image.digest);
		await pushSignatures(image, [await signedLayer(t, key, payload)]);
		t.is((await fetchAndVerify(t, image, other, key)).file, key.publicFile);
		const keys = await readPublicKeys([key.publicFile]);
		t.is((await verifyImage(image.name, image.digest, keys, image.store)).file, key.publicFile);
	});
}

const otherDigest = `sha256:${'0'.repeat(64)}`;

interface Attack {
	readonly layer: (t: ExecutionContext, image: Signable, key: KeyPair) => Promise<SignatureLayer>;
	readonly message: RegExp;
}

const attacks: Readonly<Record<string, Attack>> = {
	'by another key': {
		layer: async (t, { host, digest }) =>
			await signedLayer(t, await makeKey(t), payloadOf(`${host}/slipway/a`, digest)),
		message: /is not signed by .*cosign\.pub\. It has 1 signature, but one is not by these keys/,
	},
	"of another image's payload": {
		layer: async (t, { host }, key) => await signedLayer(t, key, payloadOf(`${host}/slipway/a`, otherDigest)),
		message: /one is of another image, "sha256:0000/,
	},
	'whose payload was swapped': {
		layer: async (t, { host, digest }, key) => {
			const signature = await sign(t, key, payloadOf(`${host}/slipway/a`, otherDigest));
			return simpleLayer(payloadOf(`${host}/slipway/a`, digest), signature.toString('base64'));
		},
		message: /not by these keys/,
	},
	'of another repository': {
		layer: async (t, { digest }, key) => await signedLayer(t, key, payloadOf('docker.io/slipway/b', digest)),
		message: /one is of "docker\.io\/slipway\/b"; .*--mirror/,
	},
	'of a repository that is no name': {
		layer: async (t, { digest }, key) => await signedLayer(t, key, payloadOf('\u001b[2J', digest)),
		message: /one is of "\\u001b/,
	},
	'of another type': {
		layer: async (t, { host, digest }, key) =>
			await signedLayer(t, key, payloadOf(`${host}/slipway/a`, digest, 'an atomic container')),
		message: /has the type "an atomic container"/,
	},
	'that is cut': {
		layer: async (t, { host, digest }, key) => {
			const payload = payloadOf(`${host}/slipway/a`, digest);
			return simpleLayer(payload, (await sign(t, key, payload)).toString('base64').slice(0, 41));
		},
		message: /one is cut or no base64/,
	},
	'that is empty': {
		layer: async (_t, { host, digest }) => simpleLayer(payloadOf(`${host}/slipway/a`, digest), ''),
		message: /one is cut or no base64/,
	},
	'of something that is not JSON': {
		layer: async (t, _image, key) => await signedLayer(t, key, Buffer.from('{"critical":')),
		message: /has the type undefined/,
	},
};

for (const [attack, { layer, message }] of Object.entries(attacks)) {
	test(`verifyImage() refuses a signature ${attack}`, async (t) => {
		const image = await pulledImage(t);
		const key = await makeKey(t);
		await pushSignatures(image, [await layer(t, image, key)]);
		await t.throwsAsync(fetchAndVerify(t, image, key), { code: 'BAD_SIGNATURE', message });
	});
}

test('verifyImage() needs one valid signature among others, also with line breaks or without a repository', async (t) => {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	const payload = payloadOf('', image.digest);
	const signature = (await sign(t, key, payload)).toString('base64');
	const strange = await signedLayer(t, await makeKey(t), payloadOf(`${image.host}/slipway/a`, image.digest));
	const lines = `${signature.slice(0, 44)}\n${signature.slice(44)}\n`;
	await pushSignatures(image, [strange, simpleLayer(payload, lines)]);
	t.is((await fetchAndVerify(t, image, key)).file, key.publicFile);
});

test('verifyImage() names the hosts without a signature and the command to sign', async (t) => {
	const image = await pulledImage(t);
	const error = await t.throwsAsync(fetchAndVerify(t, image, await makeKey(t)), { code: 'NOT_SIGNED' });
	t.regex(error.message, new RegExp(`at ${image.host}, neither by the tag sha256-[0-9a-f]{64}\\.sig`));
	t.true(error.message.includes(`cosign sign --key cosign.key ${image.host}/slipway/a@${image.digest}`));
});

test('verifyImage() without a network reports that nothing was fetched', async (t) => {
	const { name, digest, store } = await pulledImage(t);
	const keys = await readPublicKeys([(await makeKey(t)).publicFile]);
	await t.throwsAsync(verifyImage(name, digest, keys, store), {
		code: 'NOT_SIGNED',
		message: /found at the local store.*build without --offline/,
	});
});

test('verifyImage() refuses the signature of the same image under another name', async (t) => {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	await pushSignatures(image, [await signedLayer(t, key, payloadOf('', image.digest))]);
	await fetchAndVerify(t, image, key);
	const keys = await readPublicKeys([key.publicFile]);
	const other = image.name.replace('/a:', '/b:');
	await t.throwsAsync(verifyImage(other, image.digest, keys, image.store), { code: 'NOT_SIGNED' });
});

test('verifyImage() detects a changed or missing payload in the store', async (t) => {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	const layer = await signedLayer(t, key, payloadOf('', image.digest));
	await pushSignatures(image, [layer]);
	await fetchAndVerify(t, image, key);
	const keys = await readPublicKeys([key.publicFile]);
	const path = image.store.blobs.path(digestOf(layer.bytes));
	writeFileSync(path, payloadOf('x', image.digest));
	await t.throwsAsync(verifyImage(image.name, image.digest, keys, image.store), { code: 'DIGEST_MISMATCH' });
	await t.throwsAsync(verifyImage(image.name, image.digest, keys, image.store), { code: 'BLOB_MISSING' });
});

test('verifyImage() accepts the signature of the given digest: of the index, or of the manifest of a platform', async (t) => {
	const manifest = await pulledImage(t);
	const { host, repository } = manifest;
	const { size, mediaType } = (await manifest.store.resolve(manifest.name)) ?? { size: 0, mediaType: '' };
	const entry = { mediaType, size, digest: manifest.digest, platform: hostPlatform };
	const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] };
	await putManifest(host, repository, 'all', index);
	const name = `${host}/slipway/a:all`;
	const { digest } = (await pull(t, manifest.store, name)).descriptor;
	t.not(digest, manifest.digest);
	const key = await makeKey(t);
	const payload = payloadOf(`${host}/slipway/a`, digest);
	await pushSignatures({ ...manifest, digest }, [await signedLayer(t, key, payload)]);
	t.is((await fetchAndVerify(t, { ...manifest, name, digest }, key)).file, key.publicFile);
	await t.throwsAsync(fetchAndVerify(t, manifest, key), { code: 'NOT_SIGNED' });
	await pushSignatures(manifest, [await signedLayer(t, key, payloadOf('', manifest.digest))]);
	t.is((await fetchAndVerify(t, manifest, key)).file, key.publicFile);
});

test('verifyImage() with a limit of age accepts what is signed with a newer time, and says why others do not count', async (t) => {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	const nowMs = Date.UTC(2026, 0, 31);
	const payload = (optional: unknown): Buffer => {
		const claim = JSON.parse(payloadOf(`${image.host}/slipway/a`, image.digest).toString());
		return Buffer.from(JSON.stringify({ ...claim, optional }));
	};
	const old = await signedLayer(t, key, payload({ timestamp: Date.UTC(2026, 0, 1) / 1000 }));
	const timeless = await signedLayer(t, key, payload(null));
	await pushSignatures(image, [old, timeless]);
	await fetchAndVerify(t, image, key);
	const keys = await readPublicKeys([key.publicFile]);
	const verify = async (days: number) =>
		await verifyImage(image.name, image.digest, keys, image.store, {
			age: { maxAgeMs: days * 24 * 3_600_000, nowMs },
		});
	t.is((await verify(30)).file, key.publicFile);
	await t.throwsAsync(verify(29), {
		code: 'BAD_SIGNATURE',
		message: /one is of 2026-01-01T00:00, 30 days ago, and "maxAge" allows 29 days; one has no signed time/,
	});
});
