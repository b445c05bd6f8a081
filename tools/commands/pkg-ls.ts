// `slipway pkg ls`: lists system packages and the state of their images in the local store.

import { jsonText } from '../../native/text/json-text.ts';
import type { Processor } from '../../supervisor/contract/processors.ts';
import { openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { archValue, parseArch, platformOf } from '../options/arch-option.ts';
import { jsonArrayOption, storeOption } from '../options/common-options.ts';
import { imageSize, packageState } from '../package/build-package.ts';
import { loadRecipe } from '../package/recipe.ts';
import { recipeFolders } from '../package/recipe-folders.ts';
import { recipeSources } from '../package/recipe-sources.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { shortDigest, textTable } from '../terminal/text-table.ts';

const about = `Lists the system packages whose recipes (build.yml) are in these directories (without DIR: all of pkg/): reference,
digest and size of the image in the local store, and its state:

  up to date   building it now would give the same image
  out of date  its recipe, a file that it copies, or a Debian package has changed since. A Debian package is that of the
               recipe's lock file, else of apt's lists
  not built    the store has no image of this name`;

const options = {
	arch: { ...archValue, help: 'the processor of the images' },
	...jsonArrayOption,
	...storeOption,
} as const satisfies OptionTable;

interface Listed {
	readonly folder: string;
	readonly reference: string;
	readonly digest: string | null;
	readonly sizeBytes: number | null;
	readonly state: 'up to date' | 'out of date' | 'not built';
}

export const pkgLsCommand: Command = {
	name: 'pkg ls',
	summary: 'list system packages and whether they are up to date',
	operands: '[DIR...]',
	operandsComplete: 'directory',
	about,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const folders = recipeFolders('pkg ls', positionals);
		const listed = await list(folders, values.cache, parseArch(values.arch));
		streams.out.write(values.json ? jsonText(listed) : table(listed));
		return 0;
	},
};

async function list(
	folders: readonly string[],
	cache: string | undefined,
	processor: Processor,
): Promise<Listed[]> {
	const recipes = await Promise.all(folders.map((folder) => loadRecipe(folder, processor)));
	const store = openImageStore(storeFolder(cache), new Set(), null, platformOf(processor));
	const sources = await recipeSources(recipes, store, 'if there');
	return await Promise.all(
		[...sources].map(async ([recipe, source]) => {
			const { reference, image, isUpToDate } = await packageState(recipe, store, source);
			return {
				folder: recipe.folder,
				reference,
				digest: image?.manifest.digest ?? null,
				sizeBytes: image === null ? null : imageSize(image),
				state: image === null ? 'not built' : isUpToDate ? 'up to date' : 'out of date',
			};
		}),
	);
}

function table(listed: readonly Listed[]): string {
	const rows = listed.map(({ reference, digest, sizeBytes, state }) => [
		reference,
		digest === null ? '-' : shortDigest(digest),
		sizeBytes === null ? '-' : formatSize(sizeBytes),
		state,
	]);
	return textTable([['REFERENCE', 'DIGEST', 'SIZE', 'STATE'], ...rows]);
}
