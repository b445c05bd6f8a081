// Pulls an image that skopeo pushed to Debian's docker-registry, with or without a proxy between that makes faults.

import { readdirSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { type Descriptor, mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { parsePlatform } from '../../../../supervisor/image/platform.ts';
import { hostPlatform, type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import type { Credentials, CredentialsOf } from '../../../../tools/registry/docker-credentials.ts';
import type { Mirror } from '../../../../tools/registry/endpoint.ts';
import { openHttpClient } from '../../../../tools/registry/http-client.ts';
import type { ProxyFor } from '../../../../tools/registry/proxy.ts';
import { type Pulled, pullImage } from '../../../../tools/registry/pull-image.ts';
import { defaultRetryPolicy } from '../../../../tools/registry/retry.ts';
import { type Fault, pushImage, startFaultProxy, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, makeTar } from '../../../helpers/tar.ts';

export const reference = 'docker.io/slipway/a:v1';

export interface Setting {
	readonly mirrors?: readonly Mirror[];
	readonly ca?: string;
	readonly credentials?: Credentials;
	/** In place of `credentials`. */
	readonly credentialsOf?: CredentialsOf;
	/** By default 3. */
	readonly maxFailures?: number;
	/** `linux/arm/v7`; by default this machine's. */
	readonly platform?: string;
	readonly idleTimeoutMs?: number;
	readonly proxyFor?: ProxyFor;
	/** Takes what is tried again. */
	readonly failures?: { push(reason: string): unknown };
}

/** What a pull and a push need alike. */
export function transferOptions(t: ExecutionContext, setting: Setting) {
	const http = openHttpClient({
		ca: setting.ca ?? null,
		idleTimeoutMs: setting.idleTimeoutMs ?? 20_000,
		...(setting.proxyFor === undefined ? {} : { proxyFor: setting.proxyFor }),
	});
	t.teardown(() => http.close());
	return {
		http,
		credentialsOf: setting.credentialsOf ?? (async () => setting.credentials ?? null),
		retry: { ...defaultRetryPolicy, firstDelayMs: 1, maxFailures: setting.maxFailures ?? 3 },
		progress: {
			begins: () => undefined,
			moved: () => undefined,
			discarded: () => undefined,
			finished: () => undefined,
			failed: (reason: string) => {
				setting.failures?.push(reason);
			},
		},
	};
}

export async function pull(
	t: ExecutionContext,
	store: ImageStore,
	name: string,
	setting: Setting = {},
): Promise<Pulled> {
	return await pullImage(name, store, {
		...transferOptions(t, setting),
		mirrors: setting.mirrors ?? [],
		platform: parsePlatform(setting.platform ?? '') ?? hostPlatform,
	});
}

/** An image of three layers, the last of 300 kB. */
export async function madeImage(t: ExecutionContext): Promise<ImageStore> {
	const store = openImageStore(scratchFolder(t));
	const layers = [];
	for (const size of [10, 1000, 300_000]) {
		const body = Array.from({ length: size / 10 }, (_, index) => String(index * size).padStart(10)).join('');
		const tar = await makeTar([{ name: `file-${size}`, body }]);
		const descriptor = await store.writeBlob(bytesOf(tar), mediaTypes.layer);
		layers.push({ descriptor, diffId: digestOf(tar) });
	}
	const { architecture } = hostPlatform;
	await store.putImage(reference, { config: { architecture, os: 'linux', config: {} }, layers });
	return store;
}

export async function filledRegistry(t: ExecutionContext): Promise<{ host: string; image: ImageStore }> {
	const [host, image] = [await startRegistry(t), await madeImage(t)];
	await pushImage(image.folder, reference, `${host}/slipway/a:v1`);
	return { host, image };
}

/** The last layer as the registry has it (skopeo compresses it). */
export async function largestLayer(store: ImageStore, name: string): Promise<Descriptor> {
	const last = (await store.find(name))?.layers.at(-1);
	if (last === undefined) throw new Error('no layer');
	return last;
}

/** All bytes are there, and nothing else. */
export async function assertWhole(t: ExecutionContext, store: ImageStore, name: string): Promise<void> {
	const image = await store.find(name);
	if (image === null) throw new Error(`${name} is not there`);
	for (const layer of image.layers) {
		let size = 0;
		for await (const chunk of store.blobs.read(layer)) size += chunk.length;
		t.is(size, layer.size);
	}
	assertNothingAside(t, store);
}

export function assertNothingAside(t: ExecutionContext, store: ImageStore): void {
	t.deepEqual(
		readdirSync(store.folder).filter((name) => name.startsWith('.')),
		[],
	);
}

export async function behindProxy(t: ExecutionContext, fault: (blob: Descriptor) => Fault) {
	const { host } = await filledRegistry(t);
	const there = openImageStore(scratchFolder(t));
	await pull(t, there, `${host}/slipway/a:v1`);
	const blob = await largestLayer(there, `${host}/slipway/a:v1`);
	const proxy = await startFaultProxy(t, host, fault(blob));
	return { blob, proxy, name: `${proxy.host}/slipway/a:v1`, store: openImageStore(scratchFolder(t)) };
}

export const isBlob = (url: string | undefined, blob: Descriptor): boolean =>
	url?.endsWith(blob.digest) === true;

export async function bodyOf(response: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const parts: Uint8Array[] = [];
	for await (const part of response) parts.push(part);
	return Buffer.concat(parts);
}
