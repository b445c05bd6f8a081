// The hash of what a package is made of: a build with the same inputs is not needed.

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileDigest } from '../files/file-digest.ts';
import type { ImageStore } from '../images/store.ts';
import { baseDigest } from './base-image.ts';
import { sourceOf } from './collect-files.ts';
import type { Recipe } from './recipe-content.ts';

/** Version of the builder. Bump it when the same recipe gives another image: see cache-versions.test.ts. */
export const builderVersion = 4;

/** Hashes all that the image depends on except the Debian packages. */
export async function inputsHash(recipe: Recipe, store: ImageStore): Promise<string> {
	const hash = createHash('sha256');
	hash.update(JSON.stringify([builderVersion, recipe.text]));
	hash.update(await baseDigest(recipe, store));
	const copied = recipe.copy.map(({ from }) => from);
	for (const from of [...copied, ...(recipe.software === undefined ? [] : [recipe.software])]) {
		const source = sourceOf(recipe, from);
		const files = statSync(source).isDirectory()
			? listFiles(source).map((path) => join(source, path))
			: [source];
		for (const file of files) {
			hash.update(JSON.stringify([relative(source, file), ...(await stateOf(file))]));
		}
	}
	return hash.digest('hex');
}

/** Returns the properties of a file that the image has. Only the executable bit of the mode counts, whatever the umask. */
async function stateOf(file: string): Promise<readonly (string | boolean)[]> {
	const info = lstatSync(file);
	if (info.isSymbolicLink()) return ['link', readlinkSync(file)];
	if (info.isDirectory()) return ['folder'];
	return ['file', (info.mode & 0o111) !== 0, await fileDigest(file)];
}

/** Returns all paths at any depth, relative to the directory and sorted. Lists directories and links; does not follow links. */
function listFiles(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.map((each) => relative(folder, join(each.parentPath, each.name)))
		.sort();
}
