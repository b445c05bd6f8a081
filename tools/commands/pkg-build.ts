// `slipway pkg build`: builds images of the local store from recipes.

import { UsageError } from '../errors.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import { storeFolder } from '../images/store-location.ts';
import { explainingTrouble } from '../images/store-trouble.ts';
import { archValue, parseArch, platformOf } from '../options/arch-option.ts';
import { jsonArrayOption, lockedOption, storeOption } from '../options/common-options.ts';
import { unpackedOption, unpackedSize } from '../options/unpacked-option.ts';
import { buildAll, describeBuilt } from '../package/build-all.ts';
import type { BuiltPackage } from '../package/build-package.ts';
import { loadRecipe } from '../package/recipe.ts';
import { recipeFolders } from '../package/recipe-folders.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { type ResultList, resultList } from '../terminal/result-list.ts';
import type { Streams } from '../terminal/streams.ts';
import { startProgress } from '../terminal/work-progress.ts';

const about = `Builds the system packages whose recipes (build.yml) are in these directories (without DIR: all of pkg/) from Debian
packages and files into the local image store. It installs nothing on this machine. It needs apt's package lists
("apt-get update").

A recipe with a lock file (build.lock beside its build.yml) is built of exactly the Debian packages that the file has:
versions and SHA-256. They come from the store, else from apt's archives if these still have them.`;

const options = {
	arch: {
		...archValue,
		help: 'the processor of the packages. A store keeps the images of several beside each other',
	},
	'write-lock': {
		help: "build of what apt has today, and write each recipe's lock file",
	},
	...jsonArrayOption,
	...lockedOption,
	...storeOption,
	...unpackedOption('a Debian package'),
} as const satisfies OptionTable;

interface Built {
	readonly reference: string;
	readonly digest: string;
	readonly sizeBytes: number;
	readonly upToDate: boolean;
	/** For people. */
	readonly line: string;
}

export const pkgBuildCommand: Command = {
	name: 'pkg build',
	summary: 'build system packages into the local store',
	operands: '[DIR...]',
	operandsComplete: 'directory',
	about,
	options,
	async run(args, streams) {
		const { folders, processor, cache, locks, maxUnpackedBytes, json } = parse(args);
		const list = resultList<Built>(streams, json, ({ line }) => line);
		// All recipes are read before the first build: a mistake in the last one costs no time of the others.
		const recipes = await Promise.all(folders.map((folder) => loadRecipe(folder, processor)));
		await removingOnSignals(async (temporary) => {
			const store = openStoreWithPackages(
				storeFolder(cache),
				temporary,
				maxUnpackedBytes,
				platformOf(processor),
			);
			const { progress, ...watched } = watchedBuild(recipes.length, streams, list);
			try {
				await explainingTrouble(store.folder, async () => {
					await buildAll(recipes, store, { locks, ...watched });
				});
			} finally {
				progress.end();
			}
		});
		list.end();
		return 0;
	},
};

/** Shows what is being built, and a line for each package that is done. */
function watchedBuild(total: number, streams: Streams, list: ResultList<Built>) {
	const progress = startProgress(streams.err, { name: 'building', total, unit: 'packages' });
	const building = new Set<string>();
	let done = 0;
	return {
		progress,
		onBegun(reference: string): void {
			building.add(reference);
			progress.advance(done, [...building].join(', '));
		},
		onBuilt(built: BuiltPackage, durationMs: number): void {
			building.delete(built.reference);
			done += 1;
			progress.advance(done, [...building].join(', '));
			progress.clear();
			const { reference, manifest, sizeBytes, upToDate } = built;
			const line = describeBuilt(built, durationMs);
			list.add({ reference, digest: manifest.digest, sizeBytes, upToDate, line });
		},
		onNotice(text: string): void {
			progress.clear();
			streams.err.write(`${text}\n`);
		},
	};
}

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, options);
	if (values['write-lock'] && values.locked)
		throw new UsageError('--write-lock and --locked contradict each other.');
	const locks = values['write-lock'] ? 'write' : values.locked ? 'required' : 'if there';
	return {
		json: values.json,
		folders: recipeFolders('pkg build', positionals),
		processor: parseArch(values.arch),
		cache: values.cache,
		locks,
		maxUnpackedBytes: unpackedSize(values['max-unpacked']),
	} as const;
}
