// `slipway pkg build`: recipes made into images of the local store.

import { join } from 'node:path';
import { openImageStore } from '../image/store.ts';
import { storeFolder } from '../image/store-location.ts';
import { createAptSource } from '../pkg/apt-source.ts';
import { buildPackage } from '../pkg/build-package.ts';
import { loadRecipe } from '../pkg/recipe.ts';
import { readArguments } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import { formatSize } from './format-size.ts';
import { onBothCores } from './on-both-cores.ts';

const help = `Usage: slipway pkg build [options] DIR...

Builds the system packages whose recipes (build.yml) are in these folders, from Debian packages and files, into the
local image store. Nothing is installed on this machine; apt's package lists must be there ("apt-get update").

Options:
  --cache DIR   the image store (default: $SLIPWAY_CACHE or $XDG_CACHE_HOME/slipway)
  --help        this text
`;

export const pkgBuildCommand: Command = {
	name: 'pkg build',
	summary: 'build system packages into the local store',
	help,
	async run(args, streams) {
		const { folders, cache } = parse(args);
		const store = openImageStore(storeFolder(cache));
		const source = createAptSource(join(store.folder, 'debian'));
		// All recipes first: a mistake in the last one should not cost the time of the others.
		const recipes = await Promise.all(folders.map(loadRecipe));
		await onBothCores(recipes, async (recipe) => {
			const startedAt = performance.now();
			const built = await buildPackage(recipe, store, source);
			const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
			const how = built.upToDate ? 'up to date' : `built in ${seconds} s`;
			const digest = built.manifest.digest.slice('sha256:'.length, 'sha256:'.length + 12);
			streams.out.write(
				`${built.reference.padEnd(28)} ${digest}  ${formatSize(built.sizeBytes).padStart(9)}  ${how}\n`,
			);
		});
		return 0;
	},
};

function parse(args: readonly string[]): { folders: string[]; cache: string | undefined } {
	const { values, positionals } = readArguments(args, { cache: { type: 'string' } });
	if (positionals.length === 0)
		throw new UsageError('pkg build needs a folder with a build.yml, for example pkg/redis.');
	return { folders: positionals, cache: values.cache };
}
