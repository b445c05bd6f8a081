// Tars and images made in tests, by tar-stream.

import { createHash } from 'node:crypto';
import { type Header, pack } from 'tar-stream';
import { type Descriptor, mediaTypes } from '../../supervisor/image/descriptor.ts';
import type { ImageDefaultsJson } from '../../supervisor/image/image-config.ts';
import type { ImageStore } from '../../tools/images/store.ts';

export type Member = Partial<Header> & { readonly name: string; readonly body?: string | Buffer };

export async function makeTar(members: readonly Member[]): Promise<Buffer> {
	const archive = pack({});
	for (const { body, ...header } of members) {
		archive.entry({ mtime: new Date(0), ...header } as Header, body ?? '');
	}
	archive.finalize();
	const parts: Uint8Array[] = [];
	for await (const part of archive as AsyncIterable<Uint8Array>) parts.push(part);
	return Buffer.concat(parts);
}

export async function* bytesOf(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
	yield* parts;
}

export function digestOf(bytes: Uint8Array): string {
	return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** An image of one uncompressed layer. */
export async function putTestImage(
	store: ImageStore,
	reference: string,
	members: readonly Member[],
	config: ImageDefaultsJson = { Cmd: ['/app'] },
	architecture = 'amd64',
): Promise<Descriptor> {
	const tar = await makeTar(members);
	const descriptor = await store.writeBlob(bytesOf(tar), mediaTypes.layer);
	return await store.putImage(reference, {
		config: { architecture, os: 'linux', config },
		layers: [{ descriptor, diffId: digestOf(tar) }],
	});
}
