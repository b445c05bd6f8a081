// Signatures that others have made: sigstore-rs, `src/crypto/verification_key.rs` and `src/crypto/mod.rs` (Apache-2.0);
// the first by cosign, the second by the Open Build Service for an image of SUSE.

import { generateKeyPairSync, sign } from 'node:crypto';
import test from 'ava';
import { parsePublicKey } from '../../../../tools/trust/public-keys.ts';
import { judgeSimpleSigning } from '../../../../tools/trust/simple-signing.ts';
import { payloadOf } from '../../../ns/tools/trust/signing.ts';

const vectors = [
	{
		name: 'ECDSA P-256',
		image: {
			domain: 'registry-testing.svc.lan',
			path: 'busybox',
			digest: 'sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b',
		},
		key: `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENptdY/l3nB0yqkXLBWkZWQwo6+cu
OSWS1X9vPavpiQOoTTGC0xX57OojUadxF1cdQmrsiReWg2Wn4FneJfa8xw==
-----END PUBLIC KEY-----
`,
		payload:
			'{"critical":{"identity":{"docker-reference":"registry-testing.svc.lan/busybox"},"image":{"docker-manifest-digest":"sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b"},"type":"cosign container image signature"},"optional":null}',
		signature:
			'MEUCIQD6q/COgzOyW0YH1Dk+CCYSt4uAhm3FDHUwvPI55zwnlwIgE0ZK58ZOWpZw8YVmBapJhBqCfdPekIknimuO0xH8Jh8=',
	},
	{
		name: 'RSA',
		image: {
			domain: 'registry.suse.com',
			path: 'suse/sle-micro/5.0/toolbox',
			digest: 'sha256:356631f7603526a0af827741f5fe005acf19b7ef7705a34241a91c2d47a6db5e',
		},
		key: `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvM/dHoi6nSy7hbKHLYUr
Xy6Bv35JbdoIzny5vSFiRXApr0KS56U8PugdGmh+vd7H8YNlx2YOJxzv02Blsrcm
WDZcXjE3Xpsi/IHFfRZLOdwwR+u8MNFxwRUVzxyIzKGtbREVVfXPfb2Xc6FL5/tE
vQtUKuR6XdzSaav2RnV5IybCB09s0Np0AUbdi5EfSe4INuqgY+VFYLjvM5onbAQL
N3bFLS4Quk66Dhv93Zi6NwopwL1F07UPC5uadkyePStP3PA0OAOemj9vZADOWx5a
dsGCKISs8iphNC5mDVoLy8Ry49Ms3eQXRjVQOMco3YNf8AhsIdxDNBVN8VTDKVkE
DwIDAQAB
-----END PUBLIC KEY-----
`,
		payload:
			'{"critical":{"identity":{"docker-reference":"registry.suse.com/suse/sle-micro/5.0/toolbox"},"image":{"docker-manifest-digest":"sha256:356631f7603526a0af827741f5fe005acf19b7ef7705a34241a91c2d47a6db5e"},"type":"cosign container image signature"},"optional":{"creator":"OBS"}}',
		signature:
			'umasnfYJyLbYPjiq1wIy086Ns+CrgiMoQUSGqPqlUmtWsY0hbngJ73hPfJFrppviPKdBeuUiiwgKagBKIXLEXjwxQp4eE3szwqkKoAnR/lByb7ahLgVQ4MB6xDQaHD53MYtj7aOvd4O7FqJltVVjEn7nM/Du2tL5y3jf6lD7VfHZE8uRocRlyppt8SfTc5L12mVlZ0YlfKYkd334A4y/reCy3Yws0j356Wj7GLScMU5uR11Y2y41rSyYm5uXhTerwNFXsRcPMAmenMarCdCmt4Lf4wpcJBCU172xiK+rIhbMgkLjjA772+auSYf1E8CySVah5CD0Td5YC3y8vIIYaA==',
	},
];

for (const { name, image, key, payload, signature } of vectors) {
	test(`judgeSimpleSigning() accepts a real signature, ${name}, and refuses it with any byte changed`, (t) => {
		const keys = [parsePublicKey(key, 'cosign.pub')];
		t.deepEqual(judgeSimpleSigning(Buffer.from(payload), signature, image, keys), {
			key: keys[0],
			signedAtMs: null,
		});
		const padded = Buffer.from(`${payload}\n`);
		t.deepEqual(judgeSimpleSigning(padded, signature, image, keys), { why: 'one is not by these keys' });
		const other = { ...image, path: 'other' };
		t.regex(JSON.stringify(judgeSimpleSigning(Buffer.from(payload), signature, other, keys)), /one is of/);
	});
}

test('judgeSimpleSigning() returns the key that has signed, and no other', (t) => {
	const [first, second] = vectors.map(({ key }, index) => parsePublicKey(key, `${index}.pub`));
	if (first === undefined || second === undefined) throw new Error('no keys');
	const [{ image, payload, signature }] = vectors as [(typeof vectors)[0]];
	const judge = (keys: readonly (typeof first)[]) =>
		judgeSimpleSigning(Buffer.from(payload), signature, image, keys);
	t.deepEqual(judge([second, first]), { key: first, signedAtMs: null });
	t.deepEqual(judge([second]), { why: 'one is not by these keys' });
	t.deepEqual(judge([]), { why: 'one is not by these keys' });
});

const digest = `sha256:${'a'.repeat(64)}`;
const redis = { domain: 'docker.io', path: 'library/redis', digest };

function judged(repository: unknown, { curve = 'P-256', hash = 'sha256' } = {}) {
	const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
	const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
	const payload = payloadOf(repository as string, digest);
	const signature = sign(hash, payload, privateKey).toString('base64');
	return 'key' in judgeSimpleSigning(payload, signature, redis, [parsePublicKey(pem, 'cosign.pub')]);
}

for (const name of [
	'index.docker.io/library/redis',
	'redis:7',
	`redis@${digest}`,
	'docker.io/library/redis',
	'',
]) {
	test(`judgeSimpleSigning() accepts "${name.slice(0, 30)}" for Docker Hub's redis`, (t) =>
		t.true(judged(name)));
}

for (const name of ['docker.io/someone/redis', 'quay.io/library/redis', 'library', 7, null, ['redis']]) {
	test(`judgeSimpleSigning() refuses ${JSON.stringify(name)}, which is another repository`, (t) =>
		t.false(judged(name)));
}

test('judgeSimpleSigning() accepts both usual hashes of larger curves, and no other', (t) => {
	t.true(judged('', { curve: 'P-384', hash: 'sha384' }));
	t.true(judged('', { curve: 'P-521', hash: 'sha512' }));
	t.true(judged('', { curve: 'P-521' }));
	t.false(judged('', { curve: 'P-521', hash: 'sha1' }));
	t.false(judged('', { hash: 'sha512' }));
});
