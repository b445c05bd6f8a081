// Signs as `cosign sign --key` does, by openssl, and lays it out in a registry as cosign does, by its API.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import type { Mirror } from '../../../../tools/registry/endpoint.ts';
import { openHttpClient } from '../../../../tools/registry/http-client.ts';
import { defaultRetryPolicy } from '../../../../tools/registry/retry.ts';
import { fetchSignatures } from '../../../../tools/trust/fetch-signatures.ts';
import { type PublicKey, readPublicKeys } from '../../../../tools/trust/public-keys.ts';
import { verifyImage } from '../../../../tools/trust/verify-image.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { digestOf } from '../../../helpers/tar.ts';
import { filledRegistry, pull } from '../registry/pulling.ts';

export interface KeyPair {
	readonly privateFile: string;
	readonly publicFile: string;
}

export const keyKinds: Readonly<Record<string, readonly string[]>> = {
	'P-256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
	'P-384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
	secp256k1: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
	'RSA 2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
	'RSA 1024': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
	Ed25519: ['-algorithm', 'ED25519'],
};

export async function openssl(...args: readonly string[]): Promise<void> {
	const done = await runProgram('openssl', args);
	if (done.exitCode !== 0) throw new Error(done.stderr);
}

export async function makeKey(t: ExecutionContext, kind = 'P-256'): Promise<KeyPair> {
	const folder = scratchFolder(t);
	const [privateFile, publicFile] = [join(folder, 'private.pem'), join(folder, 'cosign.pub')];
	await openssl('genpkey', ...(keyKinds[kind] ?? []), '-out', privateFile);
	await openssl('pkey', '-in', privateFile, '-pubout', '-out', publicFile);
	return { privateFile, publicFile };
}

export async function sign(t: ExecutionContext, key: KeyPair, bytes: Buffer): Promise<Buffer> {
	const folder = scratchFolder(t);
	const [input, output] = [join(folder, 'payload'), join(folder, 'signature')];
	writeFileSync(input, bytes);
	const isEd25519 = readFileSync(key.publicFile, 'utf8').length < 120;
	if (isEd25519)
		await openssl('pkeyutl', '-sign', '-rawin', '-inkey', key.privateFile, '-in', input, '-out', output);
	else await openssl('dgst', '-sha256', '-sign', key.privateFile, '-out', output, input);
	return readFileSync(output);
}

export function payloadOf(repository: string, digest: string, type = 'cosign container image signature') {
	const critical = {
		identity: { 'docker-reference': repository },
		image: { 'docker-manifest-digest': digest },
		type,
	};
	return Buffer.from(JSON.stringify({ critical, optional: null }));
}

/** A layer of a signature's manifest and its bytes. */
export interface SignatureLayer {
	readonly bytes: Buffer;
	readonly mediaType: string;
	readonly annotations: Readonly<Record<string, string>>;
}

export function simpleLayer(payload: Buffer, signature: string): SignatureLayer {
	return {
		bytes: payload,
		mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
		annotations: { 'dev.cosignproject.cosign/signature': signature },
	};
}

export async function signedLayer(t: ExecutionContext, key: KeyPair, payload: Buffer) {
	return simpleLayer(payload, (await sign(t, key, payload)).toString('base64'));
}

export async function putBlob(host: string, repository: string, bytes: Buffer): Promise<void> {
	const begun = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
	const location = new URL(begun.headers.get('location') ?? '', `http://${host}`);
	location.searchParams.set('digest', digestOf(bytes));
	const done = await fetch(location, {
		method: 'PUT',
		headers: { 'content-type': 'application/octet-stream' },
		body: new Uint8Array(bytes),
	});
	if (done.status !== 201) throw new Error(`${done.status}: ${await done.text()}`);
}

export async function putManifest(
	host: string,
	repository: string,
	tag: string,
	manifest: { readonly mediaType: string },
): Promise<void> {
	const url = `http://${host}/v2/${repository}/manifests/${tag}`;
	const headers = { 'content-type': manifest.mediaType };
	const done = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(manifest) });
	if (done.status !== 201) throw new Error(`${done.status}: ${await done.text()}`);
}

export function manifestOf(layers: readonly SignatureLayer[], more: Readonly<Record<string, unknown>> = {}) {
	const config = Buffer.from('{}');
	return {
		schemaVersion: 2,
		mediaType: mediaTypes.manifest,
		config: { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length },
		layers: layers.map(({ bytes, mediaType, annotations }) => ({
			mediaType,
			annotations,
			digest: digestOf(bytes),
			size: bytes.length,
		})),
		...more,
	};
}

/** Under the tag where cosign looks first. */
export async function pushSignatures(
	{ host, repository, digest }: Signable,
	layers: readonly SignatureLayer[],
	tag = `${digest.replace(':', '-')}.sig`,
): Promise<void> {
	for (const bytes of [Buffer.from('{}'), ...new Set(layers.map((each) => each.bytes))])
		await putBlob(host, repository, bytes);
	await putManifest(host, repository, tag, manifestOf(layers));
}

export interface Signable {
	readonly host: string;
	readonly repository: string;
	readonly digest: string;
	readonly name: string;
	readonly store: ImageStore;
}

/** An image in a registry, pulled. */
export async function pulledImage(t: ExecutionContext): Promise<Signable> {
	const { host } = await filledRegistry(t);
	const name = `${host}/slipway/a:v1`;
	const store = openImageStore(scratchFolder(t));
	const { digest } = (await pull(t, store, name)).descriptor;
	return { host, repository: 'slipway/a', digest, name, store };
}

export function sourceOf(t: ExecutionContext, mirrors: readonly Mirror[] = []) {
	const http = openHttpClient({ ca: null, idleTimeoutMs: 20_000, proxyFor: () => null });
	t.teardown(() => http.close());
	const ignore = (): void => undefined;
	return {
		mirrors,
		http,
		credentialsOf: async () => null,
		retry: { ...defaultRetryPolicy, firstDelayMs: 1, maxFailures: 3 },
		progress: { begins: ignore, moved: ignore, discarded: ignore, finished: ignore, failed: ignore },
	};
}

/** Fetches and verifies as a build does. */
export async function fetchAndVerify(
	t: ExecutionContext,
	{ name, digest, store }: Signable,
	...keys: readonly KeyPair[]
): Promise<PublicKey> {
	const { lookedAt } = await fetchSignatures(name, digest, store, sourceOf(t));
	const files = keys.map((key) => key.publicFile);
	return await verifyImage(name, digest, await readPublicKeys(files), store, { lookedAt });
}
