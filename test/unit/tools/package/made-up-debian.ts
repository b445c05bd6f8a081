// Made-up Debian packages: .deb files (deb(5)) from lists of tar members, so that owners need no
// privilege and a name may be one that dpkg-deb would never write, and a source that has them.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { SlipwayError } from '../../../../tools/errors.ts';
import { fileDigest } from '../../../../tools/files/file-digest.ts';
import { type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { buildPackage } from '../../../../tools/package/build-package.ts';
import type { DebianPackage, PackageSource } from '../../../../tools/package/package-source.ts';
import { loadRecipe } from '../../../../tools/package/recipe.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { type Member, makeTar } from '../../../helpers/tar.ts';

export interface MadeUpPackage {
	readonly name: string;
	/** The names of the packages that it needs. */
	readonly needs?: readonly string[];
	readonly members: readonly Member[];
}

export interface MadeUpSource extends PackageSource {
	/** The names of fetched packages, in order. */
	readonly fetched: readonly string[];
	/** Adds a package, or replaces the one of this name. */
	publish(made: MadeUpPackage): Promise<void>;
	/** Adds a .deb that exists already. */
	publishFile(name: string, file: string): Promise<void>;
}

export async function madeUpSource(
	t: ExecutionContext,
	...packages: readonly MadeUpPackage[]
): Promise<MadeUpSource> {
	const folder = scratchFolder(t);
	const known = new Map<string, { each: DebianPackage; needs: readonly string[] }>();
	/** All that were published, by hash: an archive keeps old packages for a while. */
	const files = new Map<string, string>();
	const fetched: string[] = [];
	const closure = (names: readonly string[], seen: Set<string>): Set<string> => {
		for (const name of names) {
			if (!known.has(name) || seen.has(name)) continue;
			seen.add(name);
			closure(known.get(name)?.needs ?? [], seen);
		}
		return seen;
	};
	const add = async (name: string, file: string, needs: readonly string[]): Promise<void> => {
		const sha256 = await fileDigest(file);
		const each = { name, version: '1.0', architecture: 'all', sha256, depends: needs.join(', ') };
		known.set(name, { each, needs });
		files.set(sha256, file);
	};
	const source: MadeUpSource = {
		fetched,
		publishFile: async (name, file) => await add(name, file, []),
		async publish({ name, needs = [], members }) {
			const bytes = await debianFile(name, members);
			const file = join(folder, `${name}_${createHash('sha256').update(bytes).digest('hex')}.deb`);
			writeFileSync(file, bytes);
			await add(name, file, needs);
		},
		candidates: async (names) =>
			new Map(
				names.flatMap((name) => {
					const each = known.get(name)?.each;
					return each === undefined ? [] : [[name, each] as const];
				}),
			),
		dependencies: async (names) => [...closure(names, new Set())],
		unknown: (name) => new SlipwayError('BAD_RECIPE', `apt has no package ${name}.`),
		async fetch({ name, sha256 }) {
			fetched.push(name);
			const file = files.get(sha256);
			if (file === undefined) throw new Error(`${name} was never published`);
			return file;
		},
	};
	for (const each of packages) await source.publish(each);
	return source;
}

/** An ar(5) archive of deb(5)'s three members, the data archive's names beginning with `./` as dpkg-deb has them. */
async function debianFile(name: string, members: readonly Member[]): Promise<Buffer> {
	const control = `Package: ${name}\nVersion: 1.0\nArchitecture: all\nMaintainer: t\nDescription: t\n`;
	const parts: readonly (readonly [string, Buffer])[] = [
		['debian-binary', Buffer.from('2.0\n')],
		['control.tar', await makeTar([{ name: './control', body: control }])],
		['data.tar', await makeTar(members.map((each) => ({ ...each, name: `./${each.name}` })))],
	];
	return Buffer.concat([
		Buffer.from('!<arch>\n'),
		...parts.flatMap(([file, bytes]) => [
			Buffer.from(`${file.padEnd(16)}${'0'.padEnd(24)}100644  ${String(bytes.length).padEnd(10)}\`\n`),
			bytes,
			Buffer.alloc(bytes.length % 2, '\n'),
		]),
	]);
}

/** A folder of the project with these files; `build.yml` is the recipe. */
export function projectFolder(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
	const folder = scratchFolder(t);
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(join(folder, path, '..'), { recursive: true });
		writeFileSync(join(folder, path), text);
	}
	return folder;
}

export interface Image {
	readonly store: ImageStore;
	readonly labels: Readonly<Record<string, string>>;
	/** `tar -tv` of the layer: mode, owner, size, path, and a link's target. */
	readonly listing: readonly string[];
	/** Returns the text of a file of the layer. */
	read(path: string): Promise<string>;
}

/** Builds the recipe into a store of its own; GNU tar lists the layer. */
export async function buildImage(
	t: ExecutionContext,
	yaml: string,
	source: PackageSource,
	files: Readonly<Record<string, string>> = {},
): Promise<Image> {
	const recipe = await loadRecipe(projectFolder(t, { ...files, 'build.yml': `image: x\n${yaml}` }));
	const store = openImageStore(scratchFolder(t));
	const built = await buildPackage(recipe, store, source);
	const image = await store.find(built.reference);
	const layer = store.blobs.path(image?.layers[0]?.digest ?? '');
	const listed = await runProgram('tar', ['--numeric-owner', '--utc', '--full-time', '-tvzf', layer]);
	if (listed.exitCode !== 0) throw new Error(listed.stderr);
	return {
		store,
		labels: image?.config.config.Labels ?? {},
		listing: listed.stdout
			.trimEnd()
			.split('\n')
			.map((line) => line.replaceAll(/ +/g, ' ').replace(' 1970-01-01 00:00:00', '')),
		read: async (path) => (await runProgram('tar', ['-xOzf', layer, path])).stdout,
	};
}
