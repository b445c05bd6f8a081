// `slipway pkg build`: builds images of the local store from recipes.

import { removingOnSignals } from '../files/temporary-paths.ts';
import { openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { storeOption } from '../options/common-options.ts';
import { buildAll, describeBuilt } from '../package/build-all.ts';
import { loadRecipe } from '../package/recipe.ts';
import { recipeFolders } from '../package/recipe-folders.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

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
		// All recipes are read before the first build: a mistake in the last one costs no time of the others.
		const recipes = await Promise.all(folders.map(loadRecipe));
		await removingOnSignals(async (temporary) => {
			const store = openImageStore(storeFolder(cache), temporary);
			await buildAll(recipes, store, (built, durationMs) => {
				streams.out.write(`${describeBuilt(built, durationMs)}\n`);
			});
		});
		return 0;
	},
};

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, storeOption);
	return { folders: recipeFolders('pkg build', positionals), cache: values.cache };
}
