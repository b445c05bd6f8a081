// Collects the files of a package as its recipe describes them: from Debian packages, with the libraries that their
// programs need, and from the project.

import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Processor } from '../../supervisor/contract/processors.ts';
import { inParallel } from '../files/concurrency.ts';
import { libraryFolder } from '../system/bundle/applets.ts';
import { checkCommand } from './check-command.ts';
import { type DebianTree, readDebianTree } from './debian-tree.ts';
import { addKernel } from './kernel-tar.ts';
import { addLibraries } from './libraries.ts';
import { createLibrarySearch } from './library-search.ts';
import { createPackageFiles, type PackageFiles } from './package-files.ts';
import type { DebianPackage, PackageSource } from './package-source.ts';
import type { Recipe } from './recipe-content.ts';
import { placed, recipeError } from './recipe-error.ts';
import { joinFrom, takeFrom } from './take-from.ts';
import { dependenciesOf, takeWhole } from './whole-packages.ts';
import { withoutExports } from './without-exports.ts';

/** A fetch is mostly waiting. */
const fetchesAtOnce = 6;

/** The placeholder is not executable: without the bind, a call of the applet is an error. */
const appletPlace = "The system's own /init is bound here, as this program, when the container starts.\n";

export interface Collected {
	readonly files: PackageFiles;
	/** The Debian packages that the files come from, sorted by name. */
	readonly packages: readonly DebianPackage[];
	/** The bytes of the files of each of these packages, by its name. A joined text counts for none. */
	readonly packageBytes: ReadonlyMap<string, number>;
}

/**
 * @param processor - of the programs, whose libraries are looked for
 * @param scratch - a directory for unpacked packages, which must stay until the files are written
 * @param maxUnpackedBytes - the limit for each Debian package
 */
export async function collectFiles(
	recipe: Recipe,
	processor: Processor,
	source: PackageSource,
	scratch: string,
	maxUnpackedBytes: number,
): Promise<Collected> {
	const files = createPackageFiles(join(recipe.folder, 'build.yml'));
	const used = new Map<string, DebianPackage>();
	const unpack = async (each: DebianPackage): Promise<DebianTree> =>
		readDebianTree(each.name, await source.fetch(each), join(scratch, each.name), maxUnpackedBytes);
	const use = async (name: string): Promise<DebianPackage> => {
		const each = await candidate(source, name);
		used.set(each.name, each);
		return each;
	};

	const unpacked = new Map<string, DebianTree>();
	const unpackOnce = async (name: string): Promise<DebianTree> => {
		const tree = unpacked.get(name) ?? (await unpack(await use(name)));
		unpacked.set(name, tree);
		return tree;
	};

	const trees: DebianTree[] = [];
	for (const { path, mode } of recipe.directories) files.addFolder(path, Number.parseInt(mode, 8));
	for (const {
		package: name,
		take,
		dependencies,
		join: joined = [],
		withoutExports: cut = [],
	} of recipe.debian) {
		const needed = dependencies === true ? await dependenciesOf(name, source) : [];
		// Fetched some at a time; taken in their order.
		await inParallel(
			needed,
			fetchesAtOnce,
			async (each) => void (await source.fetch(await candidate(source, each))),
		);
		for (const each of needed) {
			const tree = await unpackOnce(each);
			trees.push(tree);
			takeWhole(tree, files);
		}
		const whole = await placed(recipe, 'debian', name, () => unpackOnce(name));
		const tree = await withoutExports(whole, cut);
		trees.push(tree);
		if (take === undefined) takeWhole(tree, files);
		for (const line of take ?? []) await placed(recipe, 'debian', line, () => takeFrom(tree, line, files));
		for (const { from, to } of joined) joinFrom(tree, from, to, files);
	}
	if (recipe.applets.length > 0) files.addFolder(libraryFolder, 0o755);
	for (const path of recipe.applets) files.addText(path, appletPlace, 0o644);
	for (const { from, to } of recipe.copy) files.addTree(to, sourceOf(recipe, from));
	for (const { path, contents, mode } of recipe.files)
		files.addText(path, contents, Number.parseInt(mode ?? '0644', 8));
	for (const { path, target } of recipe.links) files.addLink(path, target);

	// An image on a base has the libraries of the base.
	if (recipe.from === undefined && (trees.length > 0 || recipe.copy.length > 0)) {
		const dependencies = [...(await source.dependencies(recipe.debian.map((each) => each.package)))];
		// One query for all: apt takes as long for a hundred answers as for one.
		await source.candidates(dependencies);
		const search = createLibrarySearch(
			processor,
			trees,
			dependencies,
			async (name) => unpack(await candidate(source, name)),
			async (name) => ((await source.candidates([name])).size === 0 ? [] : await source.dependencies([name])),
		);
		for (const name of await addLibraries(files, search)) await use(name);
	}
	let kernel: DebianPackage | null = null;
	if (recipe.kernel !== undefined) {
		kernel = await use(await kernelName(recipe.kernel.package, use));
		await addKernel(files, await unpack(kernel), recipe.kernel.modules, scratch);
	}
	checkCommand(recipe, files);
	return {
		files,
		packages: [...used.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
		packageBytes: bytesByPackage(files, scratch, kernel?.name ?? null),
	};
}

/** Each package is unpacked in a directory of its name; the tar of modules stands beside them. */
function bytesByPackage(files: PackageFiles, scratch: string, kernel: string | null): Map<string, number> {
	const bytes = new Map<string, number>();
	for (const source of files.sources().values()) {
		const [first = ''] = relative(scratch, source).split('/');
		const name = first === 'kernel.tar' ? kernel : first;
		if (name === null || name === '..') continue;
		bytes.set(name, (bytes.get(name) ?? 0) + statSync(source).size);
	}
	return bytes;
}

/** Resolves a path of the recipe, which may be anywhere in the project (`build/init`). Throws when it does not exist. */
export function sourceOf(recipe: Recipe, from: string, section = 'copy'): string {
	const path = join(recipe.folder, from);
	if (existsSync(path)) return path;
	throw recipeError(
		recipe,
		section,
		from,
		`${from} does not exist. The path is relative to the recipe's directory.${ofOurBuild(path)}`,
	);
}

/** A recipe of slipway's own copies what `make` builds. */
function ofOurBuild(path: string): string {
	return /^(?:\.{0,2}\/)*build\//.test(path)
		? ' If it is a file that a build makes, build it first (here: make).'
		: '';
}

async function candidate(source: PackageSource, name: string): Promise<DebianPackage> {
	const found = (await source.candidates([name])).get(name);
	if (found !== undefined) return found;
	throw source.unknown(name);
}

/** Resolves a metapackage (`linux-image-cloud-amd64`), whose first dependency is the kernel. */
async function kernelName(name: string, use: (name: string) => Promise<DebianPackage>): Promise<string> {
	return /^(linux-image-\S+)/.exec((await use(name)).depends)?.[1] ?? name;
}
