// Finds the blobs that the store's references need: from index.json over indexes and manifests to configurations and layers.

import { existsSync } from 'node:fs';
import { signaturesAnnotation } from '../../supervisor/contract/labels.ts';
import type { Descriptor } from '../../supervisor/image/descriptor.ts';
import { isIndex, isManifest, parseIndex, parseManifest } from '../../supervisor/image/manifest.ts';
import type { BlobFolder } from './blob-folder.ts';
import { readIndexFile } from './index-file.ts';

export interface NeededBlobs {
	/** Includes blobs that are not in the store: an index may name platforms that were never fetched. */
	readonly digests: ReadonlySet<string>;
	/** The configurations of images that are in the store. */
	readonly configs: readonly Descriptor[];
	/** Entries of index.json with signatures of images that no reference needs. */
	readonly orphans: readonly Descriptor[];
}

/** Throws when a manifest can't be read, because the blobs that it needs are then unknown. */
export async function neededBlobs(storeFolder: string, blobs: BlobFolder): Promise<NeededBlobs> {
	const digests = new Set<string>();
	const configs: Descriptor[] = [];

	async function walk(descriptor: Descriptor): Promise<void> {
		const { digest, mediaType } = descriptor;
		if (digests.has(digest)) return;
		digests.add(digest);
		if (!existsSync(blobs.path(digest))) return;
		if (isIndex(mediaType)) {
			for (const child of parseIndex(await blobs.readJson(descriptor), digest)) await walk(child);
		} else if (isManifest(mediaType)) {
			const { config, layers } = parseManifest(await blobs.readJson(descriptor), digest);
			for (const each of [config, ...layers]) digests.add(each.digest);
			if (existsSync(blobs.path(config.digest))) configs.push(config);
		}
	}

	const entries = await readIndexFile(storeFolder);
	// Includes entries without a reference, which other tools add on purpose.
	for (const entry of entries) if (signedDigest(entry) === null) await walk(entry);

	// Signatures follow, because the signed images need them.
	const orphans: Descriptor[] = [];
	for (const entry of entries) {
		const signed = signedDigest(entry);
		if (signed === null) continue;
		if (digests.has(signed)) await walkSignatures(entry);
		else orphans.push(entry);
	}
	return { digests, configs, orphans };

	async function walkSignatures(entry: Descriptor): Promise<void> {
		digests.add(entry.digest);
		if (!existsSync(blobs.path(entry.digest))) return;
		const { config, layers } = parseManifest(await blobs.readJson(entry), entry.digest);
		for (const each of [config, ...layers]) digests.add(each.digest);
	}
}

/** Returns the digest of the image that an entry of index.json has signatures for; null for any other entry. */
function signedDigest({ annotations }: Descriptor): string | null {
	return annotations?.[signaturesAnnotation]?.split('@')[1] ?? null;
}
