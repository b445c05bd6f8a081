// Keeps an image's signatures in the local store, so that they can be verified without a network: one artifact manifest
// (image-spec v1.1, `manifest.md`, "Guidelines for Artifact Usage") for each repository and digest. Its layers are cosign's.

import { signaturesAnnotation } from '../../supervisor/contract/labels.ts';
import { type Descriptor, digestHex, mediaTypes } from '../../supervisor/image/descriptor.ts';
import { parseManifest } from '../../supervisor/image/manifest.ts';
import { readIndexFile, setInIndexFile } from '../images/index-file.ts';
import { parseReference } from '../images/reference.ts';
import type { ImageStore } from '../images/store.ts';

const emptyType = 'application/vnd.oci.empty.v1+json';
const artifactType = 'application/vnd.slipway.signatures.v1+json';

/** Replaces the image's earlier signatures. The blobs of the layers must be in the store. */
export async function keepSignatures(
	reference: string,
	digest: string,
	layers: readonly Descriptor[],
	store: ImageStore,
): Promise<void> {
	const config = await store.writeBlob(once(Buffer.from('{}')), emptyType);
	const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType, config, layers };
	const bytes = Buffer.from(JSON.stringify(manifest));
	const descriptor = await store.writeBlob(once(bytes), mediaTypes.manifest);
	await setInIndexFile(
		store.folder,
		{ annotation: signaturesAnnotation, value: nameOf(reference, digest) },
		descriptor,
		store.temporary,
	);
}

/** Returns an empty list when the store has no signatures of the image. */
export async function storedSignatures(
	reference: string,
	digest: string,
	store: ImageStore,
): Promise<readonly Descriptor[]> {
	const name = nameOf(reference, digest);
	const entries = await readIndexFile(store.folder);
	const found = entries.find((each) => each.annotations?.[signaturesAnnotation] === name);
	if (found === undefined) return [];
	return parseManifest(await store.blobs.readJson(found), `The store's signatures of ${name}`).layers;
}

/** Includes the repository, because the same image under another name has other signatures. */
function nameOf(reference: string, digest: string): string {
	const { domain, path } = parseReference(reference);
	return `${domain}/${path}@sha256:${digestHex(digest)}`;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
	yield bytes;
}
