// The local image store: an OCI image layout (image-spec v1.1, `image-layout.md`), so that skopeo, umoci and others
// read it as it is (`skopeo inspect oci:FOLDER:docker.io/slipway/redis:v1`).

import { SlipwayError } from '../commands/command.ts';
import { type BlobFolder, openBlobFolder } from './blob-folder.ts';
import { type Descriptor, mediaTypes, type Platform } from './descriptor.ts';
import { type ImageConfigFile, parseImageConfig, type StoredImageConfig } from './image-config.ts';
import { readIndexFile, referenceAnnotation, tagInIndexFile, untagInIndexFile } from './index-file.ts';
import { isIndex, parseIndex, parseManifest } from './manifest.ts';
import { formatReference, parseReference } from './reference.ts';

/** An image of one platform, resolved: from here on only digests count. */
export interface StoredImage {
	/** Canonical. */
	readonly reference: string;
	readonly manifest: Descriptor;
	readonly config: StoredImageConfig;
	readonly layers: readonly Descriptor[];
}

export interface NewImage {
	readonly config: ImageConfigFile;
	/** Lowest first; `diffId` is the digest of the uncompressed tar. */
	readonly layers: readonly { readonly descriptor: Descriptor; readonly diffId: string }[];
}

export interface ImageStore {
	readonly folder: string;
	readonly blobs: BlobFolder;
	writeBlob(
		content: AsyncIterable<Uint8Array>,
		mediaType: string,
		expected?: Descriptor,
	): Promise<Descriptor>;
	/** Writes configuration and manifest (the same input gives the same digest) and tags them. */
	putImage(reference: string, image: NewImage): Promise<Descriptor>;
	/** Tags a manifest or index whose blobs are already there. */
	tag(reference: string, manifest: Descriptor): Promise<void>;
	/** Forgets references, whose blobs stay; all or none. Gives those that are unknown. */
	untag(references: readonly string[]): Promise<readonly string[]>;
	/** The image of this platform that `reference` names, or null. */
	find(reference: string, platform?: Platform): Promise<StoredImage | null>;
	/** The manifest or index that `reference` names, or null. */
	resolve(reference: string): Promise<Descriptor | null>;
	/** Whether `reference` names anything, for whatever platform. */
	has(reference: string): Promise<boolean>;
	/** All tagged images of this platform, by reference. */
	list(): Promise<readonly StoredImage[]>;
}

export const hostPlatform: Platform = {
	architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
	os: 'linux',
};

export function openImageStore(folder: string): ImageStore {
	const blobs = openBlobFolder(folder);

	async function writeJson(value: unknown, mediaType: string): Promise<Descriptor> {
		const bytes = Buffer.from(JSON.stringify(value));
		return await blobs.write(once(bytes), mediaType);
	}

	async function load(reference: string, found: Descriptor, platform: Platform): Promise<StoredImage | null> {
		let manifest = found;
		if (isIndex(found.mediaType)) {
			const choices = parseIndex(await blobs.readJson(found), reference);
			const choice = choices.find(
				(each) => each.platform?.os === platform.os && each.platform.architecture === platform.architecture,
			);
			if (choice === undefined) return null;
			manifest = choice;
		}
		const { config, layers } = parseManifest(await blobs.readJson(manifest), reference);
		const parsed = parseImageConfig(await blobs.readJson(config), reference);
		const { architecture } = parsed;
		if (architecture !== '' && architecture !== platform.architecture) return null;
		return { reference, manifest, config: parsed, layers };
	}

	/** An index names platforms of which only others may have been pulled. */
	async function loadIfThere(reference: string, found: Descriptor): Promise<StoredImage | null> {
		try {
			return await load(reference, found, hostPlatform);
		} catch (error) {
			const isAbsent = error instanceof SlipwayError && error.code === 'BLOB_MISSING';
			if (isIndex(found.mediaType) && isAbsent) return null;
			throw error;
		}
	}

	async function lookUp(reference: string): Promise<{ name: string; found: Descriptor | undefined }> {
		const parsed = parseReference(reference);
		const name = formatReference(parsed);
		const found = (await readIndexFile(folder)).find((each) =>
			parsed.digest === null
				? each.annotations?.[referenceAnnotation] === name
				: each.digest === parsed.digest,
		);
		return { name, found };
	}

	return {
		folder,
		blobs,
		writeBlob: blobs.write,
		tag: async (reference, manifest) => {
			await tagInIndexFile(folder, formatReference(parseReference(reference)), manifest);
		},
		untag: async (references) =>
			await untagInIndexFile(
				folder,
				references.map((reference) => formatReference(parseReference(reference))),
			),
		async putImage(reference, image) {
			const { architecture, os, config } = image.config;
			const rootfs = { type: 'layers', diff_ids: image.layers.map((layer) => layer.diffId) };
			const configDescriptor = await writeJson({ architecture, os, config, rootfs }, mediaTypes.config);
			const manifest = await writeJson(
				{
					schemaVersion: 2,
					mediaType: mediaTypes.manifest,
					config: configDescriptor,
					layers: image.layers.map((layer) => layer.descriptor),
				},
				mediaTypes.manifest,
			);
			const tagged: Descriptor = { ...manifest, platform: { architecture, os } };
			await tagInIndexFile(folder, formatReference(parseReference(reference)), tagged);
			return tagged;
		},
		async find(reference, platform = hostPlatform) {
			const { name, found } = await lookUp(reference);
			return found === undefined ? null : await load(name, found, platform);
		},
		resolve: async (reference) => (await lookUp(reference)).found ?? null,
		has: async (reference) => (await lookUp(reference)).found !== undefined,
		async list() {
			const images: StoredImage[] = [];
			for (const each of await readIndexFile(folder)) {
				const name = each.annotations?.[referenceAnnotation];
				const image = name === undefined ? null : await loadIfThere(name, each);
				if (image !== null) images.push(image);
			}
			return images;
		},
	};
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}
