// One repository at one endpoint, to be written: blobs and manifests by the OCI distribution-spec v1.1, "Push". A blob
// goes in one request after a POST that opens the upload; one that fails starts over.

import type { IncomingMessage } from 'node:http';
import { SlipwayError } from '../errors.ts';
import type { Descriptor } from '../images/descriptor.ts';
import { type Endpoint, followedUrl } from './endpoint.ts';
import { openSession, type SessionOptions } from './registry-session.ts';
import { TransientError } from './retry.ts';

export interface PushRepository {
	hasBlob(blob: Descriptor): Promise<boolean>;
	/** Takes the blob over from another repository of the same registry; false where the registry doesn't do that. */
	mountBlob(blob: Descriptor, from: string): Promise<boolean>;
	/**
	 * Does nothing where the blob has come meanwhile.
	 *
	 * @param content - the blob from its beginning, called for each try
	 */
	uploadBlob(blob: Descriptor, content: () => AsyncIterable<Uint8Array>): Promise<void>;
	/** Whether `tagOrDigest` names this manifest already. */
	hasManifest(tagOrDigest: string, manifest: Descriptor): Promise<boolean>;
	/** After all that it names. */
	putManifest(tagOrDigest: string, manifest: Descriptor, bytes: Uint8Array): Promise<void>;
}

/** 202 opens an upload instead, which the registry forgets when nothing comes; the others refuse. */
const mountAnswers = [201, 202, 400, 403, 404, 405];

export function openPushRepository(endpoint: Endpoint, options: SessionOptions): PushRepository {
	const { host, repository } = endpoint;
	const { urlOf, once, retrying } = openSession(endpoint, 'push', options);
	const nameOf = (blob: Descriptor): string => `the blob ${blob.digest} for ${repository}`;

	async function isThere(blob: Descriptor): Promise<boolean> {
		const request = { method: 'HEAD', headers: {} } as const;
		const response = await once(urlOf(`blobs/${blob.digest}`), request, [200, 404], nameOf(blob));
		response.resume();
		return response.statusCode === 200;
	}

	/** Where the blob goes; some registries have it elsewhere, or name the upload in a query of their own. */
	async function openUpload(blob: Descriptor): Promise<URL> {
		const request = { method: 'POST', headers: { 'content-length': '0' } } as const;
		const response = await once(urlOf('blobs/uploads/'), request, [202], nameOf(blob));
		response.resume();
		const { location } = response.headers;
		if (location === undefined)
			throw new SlipwayError('REGISTRY_FAILED', `${host} doesn't say where to send ${nameOf(blob)}.`);
		const url = followedUrl(location, urlOf('blobs/uploads/'), host);
		// Not by searchParams: they would write the registry's own part anew, which may be signed.
		url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(blob.digest)}`;
		return url;
	}

	function checkDigest(response: IncomingMessage, expected: Descriptor, what: string): void {
		const stored = response.headers['docker-content-digest'];
		if (stored === undefined || stored === expected.digest) return;
		throw new SlipwayError(
			'DIGEST_MISMATCH',
			`${host} stored ${what} as ${String(stored)}, not as ${expected.digest}.`,
		);
	}

	return {
		hasBlob: async (blob) => await retrying(nameOf(blob), () => isThere(blob)),

		async mountBlob(blob, from) {
			return await retrying(nameOf(blob), async () => {
				const query = `mount=${encodeURIComponent(blob.digest)}&from=${encodeURIComponent(from)}`;
				const request = { method: 'POST', headers: { 'content-length': '0' } } as const;
				const response = await once(urlOf(`blobs/uploads/?${query}`), request, mountAnswers, nameOf(blob));
				response.resume();
				return response.statusCode === 201;
			});
		},

		async uploadBlob(blob, content) {
			let tries = 0;
			await retrying(nameOf(blob), async () => {
				tries += 1;
				// Maybe only the answer was lost.
				if (tries > 1 && (await isThere(blob))) return;
				const url = await openUpload(blob);
				const headers = { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) };
				const request = { method: 'PUT', headers, body: content } as const;
				const response = await once(url, request, [200, 201, 204, 404], nameOf(blob));
				response.resume();
				if (response.statusCode === 404) throw new TransientError('it has forgotten the upload');
				checkDigest(response, blob, nameOf(blob));
			});
		},

		async hasManifest(tagOrDigest, manifest) {
			const what = nameWith(repository, tagOrDigest);
			return await retrying(what, async () => {
				const request = { method: 'HEAD', headers: { accept: manifest.mediaType } } as const;
				const response = await once(urlOf(`manifests/${tagOrDigest}`), request, [200, 404], what);
				response.resume();
				const there = response.headers['docker-content-digest'];
				return response.statusCode === 200 && there === manifest.digest;
			});
		},

		async putManifest(tagOrDigest, manifest, bytes) {
			const what = nameWith(repository, tagOrDigest);
			await retrying(what, async () => {
				const headers = { 'content-type': manifest.mediaType, 'content-length': String(bytes.length) };
				const request = { method: 'PUT', headers, body: bytes } as const;
				const response = await once(urlOf(`manifests/${tagOrDigest}`), request, [200, 201, 202], what);
				response.resume();
				checkDigest(response, manifest, what);
			});
		},
	};
}

function nameWith(repository: string, tagOrDigest: string): string {
	return `${repository}${tagOrDigest.includes(':') ? '@' : ':'}${tagOrDigest}`;
}
