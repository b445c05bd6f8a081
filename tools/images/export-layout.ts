// Exports images as an OCI image layout (image-spec v1.1, `image-layout.md`), with every platform that the store has or some.
// An index is kept as it is, so that its digest holds.

import { compareText } from '../../native/text/compare-text.ts';
import { type Descriptor, digestHex, mediaTypes } from '../../supervisor/image/descriptor.ts';
import { isIndex, parseIndex, parseManifest } from '../../supervisor/image/manifest.ts';
import type { Entry } from '../archive/entry.ts';
import { type BlobFolder, missingBlob } from './blob-folder.ts';
import { archiveFile, archiveFolder, archiveJson } from './export-entries.ts';
import { referenceAnnotation } from './index-file.ts';

/**
 * Yields the members of the layout. Throws when a blob is missing.
 *
 * @param images - manifests or indexes by canonical reference
 * @param kept - the digests of the manifests to export; without it, all that the store has
 */
export async function* exportLayout(
	images: ReadonlyMap<string, Descriptor>,
	blobs: BlobFolder,
	kept?: ReadonlySet<string>,
): AsyncGenerator<Entry, void> {
	const needed = new Map<string, Descriptor>();
	for (const image of images.values()) await collect(image, blobs, needed, kept);
	const manifests = [...images].map(([reference, image]) => ({
		...image,
		annotations: { ...image.annotations, [referenceAnnotation]: reference },
	}));
	yield archiveJson('oci-layout', { imageLayoutVersion: '1.0.0' });
	yield archiveJson('index.json', { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
	yield archiveFolder('blobs');
	yield archiveFolder('blobs/sha256');
	for (const blob of [...needed.values()].sort((a, b) => compareText(a.digest, b.digest))) {
		yield archiveFile(`blobs/sha256/${digestHex(blob.digest)}`, blob.size, () => blobs.read(blob));
	}
}

/** Adds all blobs of an image to `needed`. Of an index, adds those of the manifests that are in the store and kept. */
async function collect(
	descriptor: Descriptor,
	blobs: BlobFolder,
	needed: Map<string, Descriptor>,
	kept: ReadonlySet<string> | undefined,
): Promise<void> {
	const value = await blobs.readJson(descriptor);
	needed.set(descriptor.digest, descriptor);
	if (!isIndex(descriptor.mediaType)) {
		const { config, layers } = parseManifest(value, descriptor.digest);
		for (const blob of [config, ...layers]) {
			if (!blobs.has(blob.digest)) throw missingBlob(blob);
			needed.set(blob.digest, blob);
		}
		return;
	}
	const children = parseIndex(value, descriptor.digest);
	const wanted = children.filter(
		({ mediaType, digest }) => isIndex(mediaType) || (kept?.has(digest) ?? true),
	);
	const there = wanted.filter((child) => blobs.has(child.digest));
	if (there.length === 0) throw missingBlob(wanted[0] ?? children[0] ?? descriptor);
	for (const child of there) await collect(child, blobs, needed, kept);
}
