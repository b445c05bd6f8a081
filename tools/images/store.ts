// The local image store: an OCI image layout (image-spec v1.1, `image-layout.md`), which skopeo, umoci and others can read
// (`skopeo inspect oci:FOLDER:docker.io/slipway/redis:v1`).

import { compareText } from '../../native/text/compare-text.ts';
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { type Descriptor, mediaTypes, type Platform } from '../../supervisor/image/descriptor.ts';
import type { ImageConfigFile } from '../../supervisor/image/image-config.ts';
import { isIndex } from '../../supervisor/image/manifest.ts';
import { formatPlatform } from '../../supervisor/image/platform.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';
import { type BlobFolder, openBlobFolder } from './blob-folder.ts';
import {
	readIndexFile,
	referenceAnnotation,
	retagInIndexFile,
	tagInIndexFile,
	untagInIndexFile,
} from './index-file.ts';
import { formatReference, parseReference } from './reference.ts';
import { imageFor, imagesOf, manifestsOf, type StoredImage } from './stored-image.ts';

export interface NewImage {
	readonly config: ImageConfigFile;
	/** The lowest layer is the first. `diffId` is the digest of the uncompressed tar. */
	readonly layers: readonly { readonly descriptor: Descriptor; readonly diffId: string }[];
}

export interface ImageStore {
	readonly folder: string;
	/** The platform of the images that `find` returns and that packages are built for. */
	readonly platform: Platform;
	/** The paths that a signal removes. Code that adds to the store may add paths. */
	readonly temporary: TemporaryPaths;
	readonly blobs: BlobFolder;
	writeBlob(
		content: AsyncIterable<Uint8Array>,
		mediaType: string,
		expected?: Descriptor,
	): Promise<Descriptor>;
	/**
	 * Writes configuration and manifest and tags the image. Images of other platforms that the reference names stay: it then
	 * names an index of all. The same input gives the same digest. Returns the manifest.
	 */
	putImage(reference: string, image: NewImage): Promise<Descriptor>;
	/** Tags a manifest or index whose blobs are in the store. */
	tag(reference: string, manifest: Descriptor): Promise<void>;
	/** Removes all references or, when one is unknown, none. Their blobs stay. Returns the unknown ones. */
	untag(references: readonly string[]): Promise<readonly string[]>;
	/** Returns the image for the platform (by default the store's) that `reference` names; null when there is none. */
	find(reference: string, platform?: Platform): Promise<StoredImage | null>;
	/** Returns the manifest or index that `reference` names; null when there is none. */
	resolve(reference: string): Promise<Descriptor | null>;
	/** Returns the image for the platform of what `resolve` or a pull has returned, without another look at the name. */
	imageOf(reference: string, found: Descriptor, platform: Platform): Promise<StoredImage | null>;
	/** Reports whether `reference` names an image for any platform. */
	has(reference: string): Promise<boolean>;
	/** Returns all tagged images, for all platforms in the store, by reference. */
	list(): Promise<readonly StoredImage[]>;
}

export const hostPlatform: Platform = {
	architecture: hostProcessor.name,
	os: 'linux',
};

/**
 * @param temporary - of `removingOnSignals()`, for commands that add to the store
 * @param maxUnpackedBytes - the limit for a layer and an image; null for what the disk has
 * @param platform - what is looked for and built; by default the host's
 */
export function openImageStore(
	folder: string,
	temporary: TemporaryPaths = new Set(),
	maxUnpackedBytes: number | null = null,
	platform: Platform = hostPlatform,
): ImageStore {
	const blobs = openBlobFolder(folder, temporary, maxUnpackedBytes);

	async function writeJson(value: unknown, mediaType: string): Promise<Descriptor> {
		const bytes = Buffer.from(JSON.stringify(value));
		return await blobs.write(once(bytes), mediaType);
	}

	async function lookUp(reference: string): Promise<{ name: string; found: Descriptor | undefined }> {
		const parsed = parseReference(reference);
		const name = formatReference(parsed);
		const found = (await readIndexFile(folder)).find((each) =>
			parsed.digest === null
				? each.annotations?.[referenceAnnotation] === name
				: each.digest === parsed.digest,
		);
		return { name, found: found ?? (await withinIndexes(name, parsed.digest)) };
	}

	/** A lock file may have the digest of an image that has become one of several platforms. */
	async function withinIndexes(name: string, digest: string | null): Promise<Descriptor | undefined> {
		if (digest === null || !blobs.has(digest)) return undefined;
		const repository = formatReference({ ...parseReference(name), digest: null });
		for (const each of await readIndexFile(folder)) {
			const isSame = each.annotations?.[referenceAnnotation] === repository;
			if (!isSame || !isIndex(each.mediaType)) continue;
			const within = await manifestsOf(name, each, blobs);
			const found = within.find((manifest) => manifest.digest === digest);
			if (found !== undefined) return found;
		}
		return undefined;
	}

	/** Returns the manifest, or an index of it and the images of other platforms that the store has under the name. */
	async function besideOthers(
		name: string,
		manifest: Descriptor,
		former: Descriptor | undefined,
	): Promise<Descriptor> {
		const own = manifest.platform ?? platform;
		const others = (former === undefined ? [] : await imagesOf(name, former, blobs)).flatMap((image) => {
			const { os, architecture } = image.config;
			if (architecture === own.architecture || architecture === '') return [];
			const { mediaType, digest, size } = image.manifest;
			return [{ mediaType, digest, size, platform: { architecture, os: os || 'linux' } }];
		});
		if (others.length === 0) return manifest;
		const manifests = [...others, manifest].toSorted((a, b) =>
			compareText(formatPlatform(a.platform ?? own), formatPlatform(b.platform ?? own)),
		);
		return await writeJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }, mediaTypes.index);
	}

	return {
		folder,
		platform,
		temporary,
		blobs,
		writeBlob: blobs.write,
		tag: async (reference, manifest) => {
			await tagInIndexFile(folder, formatReference(parseReference(reference)), manifest, temporary);
		},
		untag: async (references) =>
			await untagInIndexFile(
				folder,
				references.map((reference) => formatReference(parseReference(reference))),
				temporary,
			),
		async putImage(reference, image) {
			const { architecture, os, variant, config } = image.config;
			const own: Platform = { architecture, os, ...(variant === undefined ? {} : { variant }) };
			const rootfs = { type: 'layers', diff_ids: image.layers.map((layer) => layer.diffId) };
			const configDescriptor = await writeJson({ ...own, config, rootfs }, mediaTypes.config);
			const manifest = await writeJson(
				{
					schemaVersion: 2,
					mediaType: mediaTypes.manifest,
					config: configDescriptor,
					layers: image.layers.map((layer) => layer.descriptor),
				},
				mediaTypes.manifest,
			);
			const tagged: Descriptor = { ...manifest, platform: own };
			const name = formatReference(parseReference(reference));
			await retagInIndexFile(folder, name, (former) => besideOthers(name, tagged, former), temporary);
			return tagged;
		},
		async find(reference, wanted = platform) {
			const { name, found } = await lookUp(reference);
			return found === undefined ? null : await imageFor(wanted, name, found, blobs);
		},
		resolve: async (reference) => (await lookUp(reference)).found ?? null,
		imageOf: async (reference, found, wanted) =>
			await imageFor(wanted, formatReference(parseReference(reference)), found, blobs),
		has: async (reference) => (await lookUp(reference)).found !== undefined,
		async list() {
			const images: StoredImage[] = [];
			for (const each of await readIndexFile(folder)) {
				const name = each.annotations?.[referenceAnnotation];
				if (name !== undefined) images.push(...(await imagesOf(name, each, blobs)));
			}
			return images;
		},
	};
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}
