// A recipe made into an image of the local store: Debian packages and files -> a tree -> one layer -> an image whose
// labels say what it was made of.

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, matchesGlob, relative } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { configLabel } from '../bundle/image-label.ts';
import { SlipwayError } from '../commands/command.ts';
import { type Descriptor, mediaTypes } from '../image/descriptor.ts';
import { hostPlatform, type ImageStore } from '../image/store.ts';
import { tarArchive } from '../output/tar.ts';
import {
	type DebianPackage,
	fetchPackage,
	resolvePackages,
	sha256Of,
	unpackPackage,
} from './debian-packages.ts';
import { addKernel } from './kernel-tar.ts';
import { addLibraries } from './libraries.ts';
import { listFiles } from './list-files.ts';
import { createPackageFiles, type PackageFiles } from './package-files.ts';
import { type Recipe, recipeReference } from './recipe.ts';

/** Changes whenever the same recipe would give another image. */
const builderVersion = 1;

/** What an image was made of: name, version and hash of each Debian package, as JSON. */
const debianLabel = 'org.slipway.debian';
/** A hash of all that the image depends on: with the same one there is nothing to do. */
const inputsLabel = 'org.slipway.inputs';

export interface BuiltPackage {
	readonly reference: string;
	readonly manifest: Descriptor;
	readonly sizeBytes: number;
	readonly upToDate: boolean;
}

export async function buildPackage(recipe: Recipe, store: ImageStore): Promise<BuiltPackage> {
	const reference = recipeReference(recipe);
	const packages = await packagesOf(recipe);
	const inputs = await inputsHash(recipe, packages);
	const before = await store.find(reference);
	if (
		before?.config.config.Labels?.[inputsLabel] === inputs &&
		before.layers.every((each) => store.blobs.has(each.digest))
	) {
		const sizeBytes = before.layers.reduce((sum, layer) => sum + layer.size, 0);
		return { reference, manifest: before.manifest, sizeBytes, upToDate: true };
	}
	await mkdir(store.folder, { recursive: true });
	const scratch = await mkdtemp(join(store.folder, '.package-'));
	try {
		const files = await collect(recipe, packages, join(store.folder, 'debian'), scratch);
		const layer = await writeLayer(files, store);
		const manifest = await store.putImage(reference, {
			config: { ...hostPlatform, config: imageDefaults(recipe, packages, inputs) },
			layers: [layer],
		});
		return { reference, manifest, sizeBytes: layer.descriptor.size, upToDate: false };
	} finally {
		await rm(scratch, { recursive: true, force: true });
	}
}

/** A kernel is asked for by its metapackage (`linux-image-cloud-amd64`), whose first dependency is the kernel. */
async function packagesOf(recipe: Recipe): Promise<DebianPackage[]> {
	const names = [...new Set([...recipe.debian.map((each) => each.package), ...recipe.libraries])];
	const packages = await resolvePackages(names);
	if (recipe.kernel === undefined) return packages;
	const [meta] = await resolvePackages([recipe.kernel.package]);
	const real = /^(linux-image-\S+)/.exec(meta?.depends ?? '')?.[1];
	return [...packages, ...(await resolvePackages([real ?? recipe.kernel.package]))];
}

async function collect(
	recipe: Recipe,
	packages: readonly DebianPackage[],
	downloads: string,
	scratch: string,
): Promise<PackageFiles> {
	const files = createPackageFiles(join(recipe.folder, 'build.yml'));
	const roots = new Map<string, string>();
	for (const each of packages) {
		const root = join(scratch, each.name);
		await unpackPackage(await fetchPackage(each, downloads), root);
		roots.set(each.name, root);
	}
	for (const { path, mode } of recipe.directories) files.addFolder(path, Number.parseInt(mode, 8));
	for (const each of recipe.debian) take(files, roots.get(each.package) ?? '', each.package, each.take);
	for (const { from, to } of recipe.copy) files.addTree(to, sourceOf(recipe, from));
	for (const { path, contents, mode } of recipe.files)
		files.addText(path, contents, Number.parseInt(mode ?? '0644', 8));
	for (const { path, target } of recipe.links) files.addLink(path, target);
	if (recipe.libraries.length > 0) await addLibraries(files, roots, recipe.folder);
	const kernel = packages.at(-1);
	if (recipe.kernel !== undefined && kernel !== undefined) {
		await addKernel(files, roots.get(kernel.name) ?? '', recipe.kernel.modules, scratch);
	}
	return files;
}

function take(files: PackageFiles, root: string, name: string, patterns: readonly string[]): void {
	const all = listFiles(root);
	for (const line of patterns) {
		const [pattern = '', renamed] = line.split(':').map((part) => part.replace(/^\//, ''));
		const matched = all.filter(
			(path) => path === pattern || path.startsWith(`${pattern}/`) || matchesGlob(path, pattern),
		);
		const [first] = matched;
		if (first === undefined) {
			throw new SlipwayError(
				'NOT_IN_PACKAGE',
				`The Debian package ${name} has nothing that matches ${pattern}.`,
			);
		}
		if (renamed !== undefined) files.addTree(renamed, join(root, first));
		else for (const path of matched) files.addTree(path, join(root, path));
	}
}

/** A source may stand anywhere in the project (`build/init`), so it is only checked to be there. */
function sourceOf(recipe: Recipe, from: string): string {
	const path = join(recipe.folder, from);
	if (existsSync(path)) return path;
	throw new SlipwayError(
		'NO_SOURCE',
		`${recipe.folder}/build.yml: ${from} does not exist. Run "make" to build it.`,
	);
}

async function writeLayer(files: PackageFiles, store: ImageStore) {
	const hash = createHash('sha256');
	const hashed = async function* () {
		for await (const chunk of tarArchive(files.entries())) {
			hash.update(chunk);
			yield chunk;
		}
	};
	const tar = Readable.from(hashed(), { objectMode: false });
	// Level 1: the store is local, and the initrd packs the contents anew. gzip, because umoci 0.4 reads no zstd.
	const gzip = createGzip({ level: 1, chunkSize: 256 * 1024 });
	tar.on('error', (error) => gzip.destroy(error));
	const descriptor = await store.writeBlob(tar.pipe(gzip) as AsyncIterable<Buffer>, mediaTypes.layerGzip);
	return { descriptor, diffId: `sha256:${hash.digest('hex')}` };
}

function imageDefaults(recipe: Recipe, packages: readonly DebianPackage[], inputs: string) {
	const pins = packages.map(({ name, version, architecture, sha256 }) => ({
		name,
		version,
		architecture,
		sha256,
	}));
	return {
		...(recipe.env === undefined
			? { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] }
			: { Env: recipe.env }),
		...(recipe.command === undefined ? {} : { Cmd: recipe.command }),
		...(recipe.workdir === undefined ? {} : { WorkingDir: recipe.workdir }),
		Labels: {
			...(recipe.config === undefined ? {} : { [configLabel]: JSON.stringify(recipe.config) }),
			[debianLabel]: JSON.stringify(pins),
			[inputsLabel]: inputs,
		},
	};
}

async function inputsHash(recipe: Recipe, packages: readonly DebianPackage[]): Promise<string> {
	const hash = createHash('sha256');
	hash.update(
		JSON.stringify([builderVersion, recipe.text, packages.map((each) => [each.name, each.sha256])]),
	);
	for (const { from } of recipe.copy) {
		const source = sourceOf(recipe, from);
		const files = statSync(source).isDirectory()
			? listFiles(source).map((path) => join(source, path))
			: [source];
		for (const file of files) {
			const info = statSync(file);
			if (!info.isFile()) continue;
			hash.update(JSON.stringify([relative(source, file), info.mode & 0o111, await sha256Of(file)]));
		}
	}
	return hash.digest('hex');
}
