import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readPublicKeys } from '../../../../tools/trust/public-keys.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeKey, openssl } from '../../../ns/tools/trust/signing.ts';

const pem = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;

interface Refused {
	readonly content: (t: ExecutionContext) => Promise<string> | string;
	readonly message: RegExp;
}

const publicKey = async (t: ExecutionContext, kind: string): Promise<string> =>
	readFileSync((await makeKey(t, kind)).publicFile, 'utf8');

const refused: Readonly<Record<string, Refused>> = {
	'the private key of cosign': {
		content: () => pem('ENCRYPTED SIGSTORE PRIVATE KEY'),
		message:
			/is the private key of cosign \(cosign\.key\), which stays with who signs: expected a public key/,
	},
	'the private key of an older cosign': {
		content: () => pem('ENCRYPTED COSIGN PRIVATE KEY'),
		message: /is the private key of cosign/,
	},
	'a private key': {
		content: async (t) => readFileSync((await makeKey(t)).privateFile, 'utf8'),
		message: /is a private key, which stays/,
	},
	'a certificate': {
		content: async (t) => {
			const { privateFile } = await makeKey(t);
			const file = join(scratchFolder(t), 'certificate.pem');
			await openssl('req', '-x509', '-key', privateFile, '-subj', '/CN=x', '-out', file);
			return readFileSync(file, 'utf8');
		},
		message: /is a certificate; "openssl x509 -pubkey/,
	},
	'an RSA key in PKCS #1': { content: () => pem('RSA PUBLIC KEY'), message: /RSAPublicKey_in/ },
	'a key of PGP': { content: () => pem('PGP PUBLIC KEY BLOCK'), message: /is a PGP PUBLIC KEY BLOCK/ },
	'several keys': {
		content: async (t) => `${await publicKey(t, 'P-256')}${await publicKey(t, 'P-256')}`,
		message: /holds several keys/,
	},
	'a damaged key': { content: () => pem('PUBLIC KEY'), message: /holds a damaged public key/ },
	'a short RSA key': {
		content: async (t) => await publicKey(t, 'RSA 1024'),
		message: /RSA key of 1024 bits, and 2048 are the least/,
	},
	'a key of another curve': {
		content: async (t) => await publicKey(t, 'secp256k1'),
		message: /of the kind ec secp256k1, which cosign does not use/,
	},
	'no PEM': { content: () => 'ssh-ed25519 AAAA', message: /is no PEM file/ },
	'an endless file': { content: () => ' '.repeat(70_000), message: /is too large for a key/ },
};

for (const [what, { content, message }] of Object.entries(refused)) {
	test(`readPublicKeys() refuses ${what} by its name`, async (t) => {
		const file = join(scratchFolder(t), 'key.pem');
		writeFileSync(file, await content(t));
		const error = await t.throwsAsync(readPublicKeys([file]), { code: 'BAD_INPUT', message });
		t.true(error.message.startsWith(`The key file ${file} `));
	});
}

test('readPublicKeys() names a missing file', async (t) => {
	const file = join(scratchFolder(t), 'cosign.pub');
	await t.throwsAsync(readPublicKeys([file]), {
		code: 'BAD_INPUT',
		message: /cosign\.pub can't be read \(ENOENT\)/,
	});
});

test('readPublicKeys() reads keys in the order of their files', async (t) => {
	const files = [(await makeKey(t)).publicFile, (await makeKey(t, 'Ed25519')).publicFile];
	const keys = await readPublicKeys(files);
	t.deepEqual(
		keys.map(({ file, hashes }) => ({ file, hashes })),
		[
			{ file: files[0], hashes: ['sha256'] },
			{ file: files[1], hashes: [null] },
		],
	);
});
