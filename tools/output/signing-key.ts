// The key that signs EFI programs for Secure Boot, and its certificate. Both stay where they are: `sbsign` reads them itself.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { type Content, contentOf } from '../files/content.ts';
import { joinFiles } from '../files/joined.ts';
import { runTool } from '../files/run-tool.ts';

export interface SigningKey {
	/** Paths of PEM files. */
	readonly key: string;
	readonly certificate: string;
}

const maxBytes = 64 * 1024;

/** Throws a `SlipwayError` for files that are no pair of a key without a passphrase and its certificate. */
export function checkSigningKey(paths: SigningKey): void {
	const key = readKey(paths.key);
	const certificate = readCertificate(paths.certificate);
	if (certificate.checkPrivateKey(key)) return;
	throw new SlipwayError(
		'BAD_INPUT',
		`--sign-cert ${paths.certificate}: the certificate belongs to another key than ${paths.key}.`,
	);
}

function readKey(path: string): KeyObject {
	const pem = readNamed('--sign-key', path);
	if (/ENCRYPTED/.test(pem)) {
		throw bad(
			'--sign-key',
			path,
			`the key has a passphrase, and a build asks for none. "openssl pkey -in ${path} -out FILE" writes one without`,
		);
	}
	let key: KeyObject;
	try {
		key = createPrivateKey(pem);
	} catch (cause) {
		throw bad(
			'--sign-key',
			path,
			'expected a private key in PEM, as "slipway keys new" writes to db.key',
			cause,
		);
	}
	// Firmware need not know another algorithm.
	if (key.asymmetricKeyType === 'rsa') return key;
	throw bad(
		'--sign-key',
		path,
		`firmware checks signatures of RSA keys, and this is one of ${key.asymmetricKeyType}`,
	);
}

function readCertificate(path: string): X509Certificate {
	const pem = readNamed('--sign-cert', path);
	const expected = 'expected a certificate in PEM, as "slipway keys new" writes to db.crt';
	if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw bad('--sign-cert', path, expected);
	try {
		return new X509Certificate(pem);
	} catch (cause) {
		throw bad('--sign-cert', path, expected, cause);
	}
}

function readNamed(option: string, path: string): string {
	try {
		const status = statSync(path);
		if (status.isFile() && status.size <= maxBytes) return readFileSync(path, 'latin1');
	} catch (cause) {
		const message = `${option} ${path}: the file can't be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`;
		throw new SlipwayError('NO_FILE', message, { cause });
	}
	throw bad(option, path, 'expected a file of up to 64 KiB');
}

function bad(option: string, path: string, why: string, cause?: unknown): SlipwayError {
	return new SlipwayError('BAD_INPUT', `${option} ${path}: ${why}.`, { cause });
}

/**
 * Returns the program with a signature behind it; all else keeps its place but two fields of the header.
 *
 * @param scratch - where the program is written, unsigned and signed
 */
export async function signedProgram(
	program: Content,
	{ key, certificate }: SigningKey,
	scratch: string,
): Promise<Content> {
	const [unsigned, signed] = [join(scratch, 'unsigned.efi'), join(scratch, 'signed.efi')];
	await Promise.all([unsigned, signed].map((path) => rm(path, { force: true })));
	await joinFiles(program.sources, unsigned);
	await runTool('sbsign', ['--key', key, '--cert', certificate, '--output', signed, unsigned]);
	await rm(unsigned);
	return await contentOf([signed]);
}
