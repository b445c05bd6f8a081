// Pushes an image to a registry: first the blobs that it lacks, then the manifests, then the one that the tag names, so that
// the registry has all that a manifest names.

import { printable } from '../../native/text/printable.ts';
import { shortened } from '../../native/text/shortened.ts';
import type { Descriptor, Platform } from '../../supervisor/image/descriptor.ts';
import { SlipwayError } from '../errors.ts';
import { inParallel } from '../files/concurrency.ts';
import { formatReference, parseReference } from '../images/reference.ts';
import type { ImageStore } from '../images/store.ts';
import type { TransferProgress } from '../terminal/transfer-progress.ts';
import type { CredentialsOf } from './docker-credentials.ts';
import { ownEndpoint } from './endpoint.ts';
import type { HttpClient } from './http-client.ts';
import { planPush } from './push-plan.ts';
import { openPushRepository } from './push-repository.ts';
import type { RetryPolicy } from './retry.ts';
import { openTransferLimit } from './transfer-limit.ts';

export interface PushOptions {
	/** Uses plain http, also for a registry on another host. */
	readonly plainHttp: boolean;
	/** The only platform to send; null for all platforms of the image. */
	readonly platform: Platform | null;
	readonly http: HttpClient;
	readonly credentialsOf: CredentialsOf;
	readonly retry: RetryPolicy;
	readonly progress: TransferProgress;
	/**
	 * The repositories in which the registry has blobs, by the blob's digest. Several pushes to one registry share it: each
	 * reads it and adds to it.
	 */
	readonly homes?: Map<string, string>;
}

export interface Pushed {
	/** The canonical form. */
	readonly target: string;
	/** The digest that the target's tag now names. */
	readonly digest: string;
	readonly upToDate: boolean;
	/** The manifest that was sent in place of its index, which the store has only in part; otherwise null. */
	readonly alone: Descriptor | null;
}

const blobsAtOnce = 3;
const maxMessageLength = 1000;

/** Sends the image that `text` names in the store to `targetText`, which may be the same. */
export async function pushImage(
	text: string,
	targetText: string,
	store: ImageStore,
	options: PushOptions,
): Promise<Pushed> {
	const reference = formatReference(parseReference(text));
	const parsed = parseReference(targetText);
	const target = formatReference(parsed);
	const found = await store.resolve(reference);
	if (found === null) {
		throw new SlipwayError(
			'NO_IMAGE',
			`The image store ${store.folder} has no ${reference}. "slipway cache ls" shows what it has.`,
		);
	}
	const { manifests, blobs, alone } = await planPush(reference, found, store, options.platform);
	const digest = manifests.at(-1)?.digest ?? found.digest;
	if (parsed.digest !== null && parsed.digest !== digest)
		throw new SlipwayError('BAD_INPUT', `${target} can't be pushed: what would be sent is ${digest}.`);
	const controller = new AbortController();
	const { progress } = options;
	const endpoint = ownEndpoint(parsed, options.plainHttp);
	const limit = openTransferLimit(controller, endpoint.host, options.http.idleTimeoutMs);
	const repository = openPushRepository(endpoint, {
		...options,
		signal: controller.signal,
		onRetry: (reason, delayMs) => progress.failed(printable(reason), delayMs),
	});
	try {
		return { target, digest, alone, upToDate: !(await send()) };
	} catch (error) {
		if (!(error instanceof SlipwayError)) throw error;
		const said = shortened(printable(error.message), maxMessageLength);
		throw new SlipwayError(error.code, `${target} can't be pushed. ${said}`, { cause: error });
	} finally {
		limit.close();
	}

	/** Returns false when the registry had everything. */
	async function send(): Promise<boolean> {
		const missing: Descriptor[] = [];
		let hasSent = false;
		await inParallel(
			blobs,
			blobsAtOnce,
			async (blob) => {
				const isThere = await repository.hasBlob(blob);
				const home = options.homes?.get(blob.digest);
				const isMounted = !isThere && home !== undefined && (await repository.mountBlob(blob, home));
				if (isMounted) hasSent = true;
				if (isThere || isMounted) options.homes?.set(blob.digest, parsed.path);
				else missing.push(blob);
			},
			controller,
		);
		if (missing.length > 0) progress.begins(target, missing);
		limit.expect(missing.reduce((sum, { size }) => sum + size, 0));
		await inParallel(
			missing,
			blobsAtOnce,
			async (blob) => {
				await repository.uploadBlob(blob, () => counted(blob));
				options.homes?.set(blob.digest, parsed.path);
				progress.finished(blob);
				hasSent = true;
			},
			controller,
		);
		for (const manifest of manifests) {
			const name = manifest.digest === digest ? (parsed.tag ?? digest) : manifest.digest;
			if (await repository.hasManifest(name, manifest)) continue;
			await repository.putManifest(name, manifest, await store.blobs.readWhole(manifest));
			hasSent = true;
		}
		return hasSent;
	}

	async function* counted(blob: Descriptor): AsyncGenerator<Uint8Array, void> {
		progress.discarded(blob);
		for await (const chunk of store.blobs.read(blob)) {
			progress.moved(blob, chunk.length);
			yield chunk;
		}
	}
}
