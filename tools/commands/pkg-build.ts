// `slipway pkg build`: recipes made into images of the local store.

import { join } from 'node:path';
import { onBothCores } from '../files/on-both-cores.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { storeOption } from '../options/common-options.ts';
import { createAptSource } from '../package/apt-source.ts';
import { askForAll, type BuiltPackage, buildPackage } from '../package/build-package.ts';
import { loadRecipe } from '../package/recipe.ts';
import { recipeFolders } from '../package/recipe-folders.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import { formatSize } from '../terminal/format-size.ts';
import { shortDigest } from '../terminal/text-table.ts';

const about = `Builds the system packages whose recipes (build.yml) are in these directories (without DIR: all of pkg/) from Debian
packages and files into the local image store. It installs nothing on this machine. It needs apt's package lists
("apt-get update").`;

export const pkgBuildCommand: Command = {
	name: 'pkg build',
	summary: 'build system packages into the local store',
	operands: '[DIR...]',
	operandsComplete: 'directory',
	about,
	options: storeOption,
	async run(args, streams) {
		const { folders, cache } = parse(args);
		// All recipes first: a mistake in the last one should not cost the time of the others.
		const recipes = await Promise.all(folders.map(loadRecipe));
		await removingOnSignals(async (temporary) => {
			const store = openImageStore(storeFolder(cache), temporary);
			const source = createAptSource(join(store.folder, 'debian'), temporary);
			await askForAll(recipes, store, source);
			await onBothCores(recipes, async (recipe) => {
				const startedAt = performance.now();
				const built = await buildPackage(recipe, store, source);
				streams.out.write(`${describeBuilt(built, performance.now() - startedAt)}\n`);
			});
		});
		return 0;
	},
};

/** One line about a package that was built, or didn't have to be. */
export function describeBuilt(
	{ reference, manifest, sizeBytes, upToDate }: BuiltPackage,
	durationMs: number,
): string {
	const how = upToDate ? 'up to date' : `built in ${(durationMs / 1000).toFixed(1)} s`;
	return `${reference.padEnd(28)} ${shortDigest(manifest.digest)}  ${formatSize(sizeBytes).padStart(9)}  ${how}`;
}

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, storeOption);
	return { folders: recipeFolders('pkg build', positionals), cache: values.cache };
}
