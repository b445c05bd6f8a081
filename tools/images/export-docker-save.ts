// Exports images for `docker load`: `manifest.json`, configurations, and layers as plain tars. A tar has the size of a file
// before its contents, so each layer is unpacked twice: to count its bytes, and to write them.

import { type Descriptor, digestHex } from '../../supervisor/image/descriptor.ts';
import { parseManifest } from '../../supervisor/image/manifest.ts';
import type { Entry } from '../archive/entry.ts';
import { SlipwayError } from '../errors.ts';
import { archiveFile, archiveJson } from './export-entries.ts';
import { readLayer } from './layer-stream.ts';
import type { ImageStore } from './store.ts';
import type { StoredImage } from './stored-image.ts';

/** Yields the members of the archive. Throws for a reference with a digest, or without an image of this platform. */
export async function* exportDockerSave(
	references: readonly string[],
	store: ImageStore,
): AsyncGenerator<Entry, void> {
	const listed = [];
	const configs = new Map<string, Descriptor>();
	const layers = new Map<string, Descriptor>();
	for (const reference of references) {
		if (reference.includes('@')) throw noTag(reference);
		const image = await store.find(reference);
		if (image === null) throw noPlatform(reference);
		const { config } = parseManifest(await store.blobs.readJson(image.manifest), reference);
		configs.set(configName(config), config);
		const own = layersOf(image);
		for (const { name, layer } of own) layers.set(name, layer);
		listed.push({ Config: configName(config), RepoTags: [reference], Layers: own.map(({ name }) => name) });
	}
	yield archiveJson('manifest.json', listed);
	for (const [name, config] of configs) {
		yield archiveFile(name, config.size, () => store.blobs.read(config));
	}
	for (const [name, layer] of layers) {
		const diffId = `sha256:${name.slice(0, -'.tar'.length)}`;
		const unpack = (): AsyncIterable<Uint8Array> =>
			readLayer(store.blobs, layer, diffId, references.join(', '));
		let sizeBytes = 0;
		for await (const chunk of unpack()) sizeBytes += chunk.length;
		yield archiveFile(name, sizeBytes, unpack);
	}
}

function configName(config: Descriptor): string {
	return `${digestHex(config.digest)}.json`;
}

function layersOf({ reference, config, layers }: StoredImage) {
	if (config.diffIds.length !== layers.length) {
		const counts = `${config.diffIds.length} diffIDs for ${layers.length} layers`;
		throw new SlipwayError('BAD_IMAGE', `${reference} has ${counts}.`);
	}
	return layers.map((layer, index) => ({ name: `${digestHex(config.diffIds[index] ?? '')}.tar`, layer }));
}

function noTag(reference: string): SlipwayError {
	return new SlipwayError('BAD_INPUT', `${reference} has a digest, which docker can't load. Name a tag.`);
}

function noPlatform(reference: string): SlipwayError {
	return new SlipwayError(
		'NO_IMAGE',
		`${reference} has no image for this machine's platform. Use --format oci.`,
	);
}
