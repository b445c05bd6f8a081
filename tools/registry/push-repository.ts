// Writes to one repository at one endpoint: blobs and manifests by the OCI distribution-spec v1.1, "Push". A blob is sent in
// one request after a POST that opens the upload. A failed upload starts over.

import type { IncomingMessage } from 'node:http';
import type { Descriptor } from '../../supervisor/image/descriptor.ts';
import { SlipwayError } from '../errors.ts';
import { type Endpoint, followedUrl } from './endpoint.ts';
import { openSession, type SessionOptions } from './registry-session.ts';
import { TransientError } from './retry.ts';

export interface PushRepository {
	hasBlob(blob: Descriptor): Promise<boolean>;
	/** Mounts the blob of another repository of the same registry. Returns false when the registry does not. */
	mountBlob(blob: Descriptor, from: string): Promise<boolean>;
	/**
	 * Sends the blob, unless a retry finds it in the registry.
	 *
	 * @param content - returns the blob from its start; is called for each try
	 */
	uploadBlob(blob: Descriptor, content: () => AsyncIterable<Uint8Array>): Promise<void>;
	/** Reports whether `tagOrDigest` names this manifest. */
	hasManifest(tagOrDigest: string, manifest: Descriptor): Promise<boolean>;
	/** Sends a manifest. The registry must have all that it names. */
	putManifest(tagOrDigest: string, manifest: Descriptor, bytes: Uint8Array): Promise<void>;
}

/** 201 is success. 202 opens an upload, which the registry forgets when nothing is sent. The others refuse. */
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

	/** Returns the URL of an upload. Some registries have it on another host, or with a query of their own. */
	async function openUpload(blob: Descriptor): Promise<URL> {
		const request = { method: 'POST', headers: { 'content-length': '0' } } as const;
		const response = await once(urlOf('blobs/uploads/'), request, [202], nameOf(blob));
		response.resume();
		const { location } = response.headers;
		if (location === undefined)
			throw new SlipwayError('REGISTRY_FAILED', `${host} doesn't say where to send ${nameOf(blob)}.`);
		const url = followedUrl(location, urlOf('blobs/uploads/'), host);
		// `searchParams` would encode the registry's own part again, which may be signed.
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
				// The answer alone may have been lost.
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
