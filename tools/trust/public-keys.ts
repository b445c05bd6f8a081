// Reads the public keys of signers: PEM files as cosign writes them (`cosign.pub`), and other keys that it accepts. The key
// decides the algorithm, as in cosign; a signature can't choose it.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { open } from 'node:fs/promises';
import { SlipwayError } from '../errors.ts';

export interface PublicKey {
	/** The file's path, for messages. */
	readonly file: string;
	readonly key: KeyObject;
	/** The allowed hashes of the signed bytes; null when the scheme has its own. */
	readonly hashes: readonly (string | null)[];
}

const maxBytes = 64 * 1024;
/** The limit of cosign. Shorter keys can be broken. */
const minRsaBits = 2048;
/** cosign uses SHA-256 for every curve. Sigstore's bundles use the hash of the curve's size. */
const curveHashes: Readonly<Record<string, readonly string[]>> = {
	prime256v1: ['sha256'],
	secp384r1: ['sha256', 'sha384'],
	secp521r1: ['sha256', 'sha512'],
};
const expected = 'expected a public key in PEM, as "cosign generate-key-pair" writes it to cosign.pub';

/** Reads one key from each file. Throws a `SlipwayError` that names the file. */
export async function readPublicKeys(files: readonly string[]): Promise<PublicKey[]> {
	return await Promise.all(files.map(async (file) => parsePublicKey(await readSmallFile(file), file)));
}

export function parsePublicKey(pem: string, file: string): PublicKey {
	const labels = [...pem.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----\s*$/gm)].map(([, label = '']) => label);
	const other = labels.find((label) => label !== 'PUBLIC KEY');
	if (other !== undefined) throw bad(file, whatIs(other));
	if (labels.length !== 1) throw bad(file, labels.length === 0 ? 'is no PEM file' : 'holds several keys');
	let key: KeyObject;
	try {
		key = createPublicKey(pem);
	} catch (cause) {
		throw bad(file, 'holds a damaged public key', cause);
	}
	return { file, key, hashes: hashesFor(key, file) };
}

/** Reports whether the key has signed exactly these bytes. */
export function isSignedBy({ key, hashes }: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
	return hashes.some((hash) => verify(hash, bytes, key, signature));
}

function hashesFor(key: KeyObject, file: string): readonly (string | null)[] {
	const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details = {} } = key;
	if (type === 'ed25519') return [null];
	if (type === 'rsa') {
		if ((details.modulusLength ?? 0) >= minRsaBits) return ['sha256'];
		throw bad(file, `holds an RSA key of ${details.modulusLength} bits, and ${minRsaBits} are the least`);
	}
	const hashes = type === 'ec' ? curveHashes[details.namedCurve ?? ''] : undefined;
	if (hashes !== undefined) return hashes;
	const kind = [type, details.namedCurve].filter((each) => each !== undefined).join(' ');
	throw bad(
		file,
		`holds a key of the kind ${kind}, which cosign does not use (ECDSA P-256, RSA and Ed25519 are)`,
	);
}

function whatIs(label: string): string {
	if (/^ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY$/.test(label))
		return 'is the private key of cosign (cosign.key), which stays with who signs';
	if (label.endsWith('PRIVATE KEY')) return 'is a private key, which stays with who signs';
	if (label.endsWith('CERTIFICATE'))
		return 'is a certificate; "openssl x509 -pubkey -noout -in FILE" gives its key';
	if (label === 'RSA PUBLIC KEY')
		return 'is an RSA key in PKCS #1; "openssl rsa -RSAPublicKey_in -pubout -in FILE" rewrites it';
	return `is a ${label}`;
}

async function readSmallFile(path: string): Promise<string> {
	try {
		const file = await open(path);
		try {
			const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
			if (bytesRead > maxBytes) throw bad(path, 'is too large for a key');
			return buffer.toString('utf8', 0, bytesRead);
		} finally {
			await file.close();
		}
	} catch (cause) {
		if (cause instanceof SlipwayError) throw cause;
		throw bad(path, `can't be read (${(cause as NodeJS.ErrnoException).code})`, cause);
	}
}

function bad(file: string, why: string, cause?: unknown): SlipwayError {
	return new SlipwayError('BAD_INPUT', `The key file ${file} ${why}: ${expected}.`, { cause });
}
