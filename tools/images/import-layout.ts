// Copies the images of an OCI image layout (image-spec v1.1, `image-layout.md`) into the store. Every blob is checked while it
// is copied; a wrong one is not stored.

import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Descriptor, digestHex } from '../../supervisor/image/descriptor.ts';
import { isIndex, parseIndex, parseManifest } from '../../supervisor/image/manifest.ts';
import { SlipwayError } from '../errors.ts';
import { containerdName, referenceAnnotation } from './index-file.ts';
import { readJsonFile } from './json-file.ts';
import { formatReference, parseReference } from './reference.ts';
import type { ImageStore } from './store.ts';

/**
 * @param what - names the layout in errors
 * @param given - the name of an image without one, such as crane, ko and kaniko write it
 * @returns the references that were added
 */
export async function importLayout(
	folder: string,
	what: string,
	store: ImageStore,
	given: string | undefined,
): Promise<string[]> {
	const added: string[] = [];
	const index = await readJsonFile(folder, 'index.json', what);
	const descriptors = parseIndex(index, `${what}: index.json`);
	if (given !== undefined && descriptors.filter((each) => referenceOf(each) === undefined).length > 1)
		throw new SlipwayError(
			'BAD_INPUT',
			`${what} has several images without a name; --name ${given} names one.`,
		);
	for (const descriptor of descriptors) {
		const name = referenceOf(descriptor) ?? given;
		if (name === undefined) continue;
		const reference = formatReference(parseReference(name));
		await copyImage(blobsOf(folder, what), descriptor, store);
		await store.tag(reference, { ...descriptor, annotations: {} });
		added.push(reference);
	}
	if (added.length === 0) {
		throw new SlipwayError(
			'NO_IMAGE',
			`${what}: index.json names no image: none of its manifests has the annotation ${referenceAnnotation}. Give it one by --name NAME.`,
		);
	}
	return added;
}

/** The blobs of a layout, wherever it is. */
export interface LayoutBlobs {
	/** Names the layout in errors. */
	readonly what: string;
	has(descriptor: Descriptor): boolean;
	read(descriptor: Descriptor): AsyncIterable<Uint8Array>;
}

/** Returns the name of an image as the layout has it; undefined when it has none. */
export function referenceOf({ annotations }: Descriptor): string | undefined {
	return annotations?.[containerdName] ?? annotations?.[referenceAnnotation];
}

/** Copies a manifest or index and all that it names. */
export async function copyImage(from: LayoutBlobs, descriptor: Descriptor, store: ImageStore): Promise<void> {
	await copyBlob(from, descriptor, store);
	const value = await store.blobs.readJson(descriptor);
	if (!isIndex(descriptor.mediaType)) {
		const { config, layers } = parseManifest(value, descriptor.digest);
		for (const blob of [config, ...layers]) await copyBlob(from, blob, store);
		return;
	}
	const children = parseIndex(value, descriptor.digest);
	// `docker save` and `skopeo copy` write the whole index but only the platforms that they have.
	const there = children.filter((child) => from.has(child) || store.blobs.has(child.digest));
	if (there.length === 0) throw missing(from, children[0] ?? descriptor);
	for (const child of there) await copyImage(from, child, store);
}

async function copyBlob(from: LayoutBlobs, descriptor: Descriptor, store: ImageStore): Promise<void> {
	if (store.blobs.has(descriptor.digest)) return;
	if (!from.has(descriptor)) throw missing(from, descriptor);
	await store.writeBlob(from.read(descriptor), descriptor.mediaType, descriptor);
}

function blobsOf(folder: string, what: string): LayoutBlobs {
	const path = ({ digest }: Descriptor) => join(folder, 'blobs', 'sha256', digestHex(digest));
	return {
		what,
		// A pipe or a device would never end.
		has: (descriptor) => statSync(path(descriptor), { throwIfNoEntry: false })?.isFile() === true,
		read: (descriptor) => createReadStream(path(descriptor)) as AsyncIterable<Buffer>,
	};
}

function missing(from: LayoutBlobs, descriptor: Descriptor): SlipwayError {
	return new SlipwayError(
		'BLOB_MISSING',
		`${from.what} lacks the blob ${descriptor.digest}, which it names.`,
	);
}
