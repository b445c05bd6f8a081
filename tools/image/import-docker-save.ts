// Images of an unpacked `docker save` archive of the older kind: `manifest.json` names configuration and layers by
// file. Newer ones are OCI layouts as well and are read as such.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../commands/command.ts';
import { splitTreePath } from '../rootfs/tree-path.ts';
import { mediaTypes } from './descriptor.ts';
import { parseImageConfig } from './image-config.ts';
import { formatReference, parseReference } from './reference.ts';
import type { ImageStore } from './store.ts';

interface SavedImage {
	readonly Config: string;
	readonly RepoTags: readonly string[] | null;
	readonly Layers: readonly string[];
}

/** @returns the references that were added */
export async function importDockerSave(folder: string, store: ImageStore): Promise<string[]> {
	const images = parseSaved(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')), folder);
	const added: string[] = [];
	for (const image of images) {
		const config = parseImageConfig(
			JSON.parse(await readFile(inside(folder, image.Config), 'utf8')),
			image.Config,
		);
		if (config.diffIds.length !== image.Layers.length) {
			throw new SlipwayError(
				'BAD_IMAGE',
				`${image.Config} has ${config.diffIds.length} diffIDs for ${image.Layers.length} layers.`,
			);
		}
		const layers = [];
		for (const [index, file] of image.Layers.entries()) {
			const path = inside(folder, file);
			const diffId = config.diffIds[index] ?? '';
			const digest = await digestOf(path);
			const expected = { mediaType: mediaTypes.layer, digest, size: (await stat(path)).size };
			if (digest !== diffId) {
				throw new SlipwayError(
					'DIGEST_MISMATCH',
					`The layer ${file} is ${digest}, not its diffID ${diffId}.`,
				);
			}
			const descriptor = await store.writeBlob(
				createReadStream(path) as AsyncIterable<Buffer>,
				mediaTypes.layer,
				expected,
			);
			layers.push({ descriptor, diffId });
		}
		for (const tag of image.RepoTags ?? []) {
			const { architecture, os, config: defaults } = config;
			await store.putImage(tag, { config: { architecture, os, config: defaults }, layers });
			added.push(formatReference(parseReference(tag)));
		}
	}
	if (added.length === 0)
		throw new SlipwayError('NO_IMAGE', 'The archive names no image: its RepoTags are empty.');
	return added;
}

async function digestOf(path: string): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
	return `sha256:${hash.digest('hex')}`;
}

/** A file that the archive names, which must be one of its own. */
function inside(folder: string, path: string): string {
	return join(folder, ...splitTreePath(path, 'manifest.json'));
}

function parseSaved(value: unknown, what: string): SavedImage[] {
	const isTexts = (list: unknown): boolean =>
		Array.isArray(list) && list.every((each) => typeof each === 'string');
	if (!Array.isArray(value))
		throw new SlipwayError('BAD_IMAGE', `${what}/manifest.json is not a list of images.`);
	return value.map((image: unknown) => {
		const { Config, RepoTags, Layers } = (image ?? {}) as Record<string, unknown>;
		if (typeof Config !== 'string' || !isTexts(Layers) || !(RepoTags == null || isTexts(RepoTags))) {
			throw new SlipwayError('BAD_IMAGE', `${what}/manifest.json has an image without Config or Layers.`);
		}
		return { Config, Layers: Layers as string[], RepoTags: (RepoTags ?? null) as string[] | null };
	});
}
