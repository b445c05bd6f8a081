// Builds a recipe into an image of the local store: Debian packages and files -> a tree -> one layer -> an image whose labels
// record its inputs.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import {
	appletsLabel,
	configLabel,
	debianLabel,
	inputsLabel,
	softwareLabel,
} from '../../supervisor/contract/labels.ts';
import { defaultPath } from '../../supervisor/contract/layout.ts';
import { hostProcessor, type Processor, processorNamed } from '../../supervisor/contract/processors.ts';
import { type Descriptor, mediaTypes, type Platform } from '../../supervisor/image/descriptor.ts';
import type { ImageDefaultsJson } from '../../supervisor/image/image-config.ts';
import { tarArchive } from '../archive/tar.ts';
import { SlipwayError } from '../errors.ts';
import { inTemporaryFolder } from '../files/temporary-paths.ts';
import type { ImageStore } from '../images/store.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { appletMounts } from '../system/bundle/applets.ts';
import { baseImage, baseLayers, withBaseDefaults } from './base-image.ts';
import { type Collected, collectFiles, sourceOf } from './collect-files.ts';
import type { PackageFiles } from './package-files.ts';
import type { DebianPackage, PackageSource } from './package-source.ts';
import { recipeReference } from './recipe.ts';
import type { Recipe } from './recipe-content.ts';
import { inputsHash } from './recipe-inputs.ts';

export interface BuiltPackage {
	readonly reference: string;
	readonly manifest: Descriptor;
	readonly sizeBytes: number;
	readonly upToDate: boolean;
}

interface BuildSettings {
	/** Builds also when the store has the same image. */
	readonly always?: boolean;
}

export async function buildPackage(
	recipe: Recipe,
	store: ImageStore,
	source: PackageSource,
	{ always = false }: BuildSettings = {},
): Promise<BuiltPackage> {
	const base = await baseImage(recipe, store);
	const inputs = await inputsHash(recipe, store);
	const { reference, image, isUpToDate } = await stateWith(inputs, recipe, store, source);
	if (image !== null && isUpToDate && !always)
		return { reference, manifest: image.manifest, sizeBytes: imageSize(image), upToDate: true };
	return await inTemporaryFolder(join(store.folder, '.package-'), store.temporary, async (scratch) => {
		const collected = await collectFiles(
			recipe,
			processorOf(store.platform),
			source,
			scratch,
			await store.blobs.maxUnpackedBytes(),
		);
		const layer = await writeLayer(collected.files, store, base === null);
		const manifest = await store.putImage(reference, {
			config: { ...store.platform, config: await imageDefaults(recipe, collected, inputs, base) },
			layers: [...baseLayers(base), layer],
		});
		return { reference, manifest, sizeBytes: layer.descriptor.size, upToDate: false };
	});
}

/** A store is opened for a platform of the table. */
export function processorOf({ architecture }: Platform): Processor {
	return processorNamed(architecture) ?? hostProcessor;
}

interface PackageState {
	readonly reference: string;
	/** Is null when the package was never built. */
	readonly image: StoredImage | null;
	/** Reports whether a build now would give the same image. */
	readonly isUpToDate: boolean;
}

/** Returns what the store has of a package without building anything. */
export async function packageState(
	recipe: Recipe,
	store: ImageStore,
	source: PackageSource,
): Promise<PackageState> {
	return await stateWith(await inputsHash(recipe, store), recipe, store, source);
}

async function stateWith(
	inputs: string,
	recipe: Recipe,
	store: ImageStore,
	source: PackageSource,
): Promise<PackageState> {
	const reference = recipeReference(recipe);
	const image = await store.find(reference);
	return {
		reference,
		image,
		isUpToDate: image !== null && (await isMadeOf(image, inputs, store, source)),
	};
}

/** Returns the compressed size, as registries and `docker images` count it. */
export function imageSize({ layers }: StoredImage): number {
	return layers.reduce((sum, layer) => sum + layer.size, 0);
}

/** Reports whether the image has the same inputs, and apt would give the same Debian packages again. */
async function isMadeOf(
	{ config, layers }: StoredImage,
	inputs: string,
	store: ImageStore,
	source: PackageSource,
): Promise<boolean> {
	const labels = config.config.Labels ?? {};
	if (labels[inputsLabel] !== inputs || !layers.every((each) => store.blobs.has(each.digest))) return false;
	const pins = pinsOf(labels);
	const candidates = await source.candidates(pins.map((each) => each.name));
	return pins.every((each) => candidates.get(each.name)?.sha256 === each.sha256);
}

function pinsOf(labels: Readonly<Record<string, string>>) {
	return JSON.parse(labels[debianLabel] ?? '[]') as readonly Pick<DebianPackage, 'name' | 'sha256'>[];
}

/** Returns the names of the Debian packages that the image in the store is made of; an empty list without an image. */
export async function usedPackages(recipe: Recipe, store: ImageStore): Promise<readonly string[]> {
	const image = await store.find(recipeReference(recipe));
	return pinsOf(image?.config.config.Labels ?? {}).map(({ name }) => name);
}

/** Queries apt once for all that the builds or states of these packages need: one query takes as long as many. */
export async function askForAll(
	recipes: readonly Recipe[],
	store: ImageStore,
	source: PackageSource,
): Promise<void> {
	const names = new Set(recipes.flatMap(({ debian }) => debian.map((each) => each.package)));
	for (const recipe of recipes) for (const name of await usedPackages(recipe, store)) names.add(name);
	await source.candidates([...names]);
}

/** @param withParents - a layer on a base leaves the directories of the base as they are */
async function writeLayer(files: PackageFiles, store: ImageStore, withParents: boolean) {
	const hash = createHash('sha256');
	const hashed = async function* () {
		for await (const chunk of tarArchive(files.entries(withParents))) {
			hash.update(chunk);
			yield chunk;
		}
	};
	const tar = Readable.from(hashed(), { objectMode: false });
	// Level 1: the store is local, and the initrd recompresses the contents. gzip, because umoci 0.4 reads no zstd.
	const gzip = createGzip({ level: 1, chunkSize: 256 * 1024 });
	// A failure of `tar` reaches the reader of `gzip`, even before it starts to read.
	pipeline(tar, gzip, () => undefined);
	const descriptor = await store.writeBlob(gzip as AsyncIterable<Buffer>, mediaTypes.layerGzip);
	return { descriptor, diffId: `sha256:${hash.digest('hex')}` };
}

async function imageDefaults(
	recipe: Recipe,
	{ packages, packageBytes }: Pick<Collected, 'packages' | 'packageBytes'>,
	inputs: string,
	base: StoredImage | null,
): Promise<ImageDefaultsJson> {
	const pins = packages.map(({ name, version, architecture, sha256 }) => ({
		name,
		version,
		architecture,
		sha256,
		bytes: packageBytes.get(name) ?? 0,
	}));
	const own = {
		...(recipe.env === undefined ? { Env: [`PATH=${defaultPath}`] } : { Env: recipe.env }),
		...(recipe.command === undefined ? {} : { Cmd: recipe.command }),
		...(recipe.workdir === undefined ? {} : { WorkingDir: recipe.workdir }),
		Labels: {
			...containerLabels(recipe),
			[debianLabel]: JSON.stringify(pins),
			...(recipe.software === undefined
				? {}
				: {
						[softwareLabel]: JSON.stringify(
							await readSoftware(sourceOf(recipe, recipe.software, 'software')),
						),
					}),
			[inputsLabel]: inputs,
		},
	};
	if (base === null) return own;
	const { Env: given, ...rest } = own;
	const env = recipe.env === undefined && base.config.config.Env !== undefined ? {} : { Env: given };
	return withBaseDefaults(base.config.config, { ...rest, ...env });
}

function containerLabels({ config, applets }: Recipe): Record<string, string> {
	if (applets.length === 0) return config === undefined ? {} : { [configLabel]: JSON.stringify(config) };
	const paths = applets.map((path) => join('/', path));
	const mounts = [...(config?.mounts ?? []), ...appletMounts(paths)];
	return { [configLabel]: JSON.stringify({ ...config, mounts }), [appletsLabel]: JSON.stringify(paths) };
}

async function readSoftware(file: string): Promise<unknown> {
	try {
		return JSON.parse(await readFile(file, 'utf8'));
	} catch (cause) {
		throw new SlipwayError('BAD_RECIPE', `${file} is not JSON: ${(cause as Error).message}`, { cause });
	}
}
