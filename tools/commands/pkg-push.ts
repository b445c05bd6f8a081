// `slipway pkg push`: sends system packages to a registry, and builds those first that are not up to date.

import { UsageError } from '../errors.ts';
import { inParallel } from '../files/concurrency.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { type ImageStore, openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { jsonArrayOption, lockedOption, storeOption } from '../options/common-options.ts';
import { caOption, openRegistries, plainHttpOption } from '../options/registry-options.ts';
import { buildAll, describeBuilt } from '../package/build-all.ts';
import { type PushTargets, pushTargets, targetOf } from '../package/push-targets.ts';
import { loadRecipe, recipeReference } from '../package/recipe.ts';
import { recipeFolders } from '../package/recipe-folders.ts';
import { pushImage } from '../registry/push-image.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import type { ProgressTerminal } from '../terminal/progress-terminal.ts';
import { type Moved, movedLine, resultList } from '../terminal/result-list.ts';
import type { Streams } from '../terminal/streams.ts';
import { transferProgress } from '../terminal/transfer-progress.ts';

const about = `Sends the system packages whose recipes (build.yml) are in these directories (without DIR: all of pkg/) to a registry,
as REGISTRY/ORG/IMAGE:TAG (without ORG, the one of the recipe), and writes "TARGET DIGEST" for each. A package that is
not built, or out of date, is built first, as by "slipway pkg build". A blob that the registry has is not sent again; it
only gets one more name when another of these packages has brought it. Logins are Docker's, as for "slipway cache push".`;

const notes = `Examples:

  slipway pkg push ghcr.io/acme
  slipway pkg push --as linuxkit/init:b212cfe 127.0.0.1:5000 pkg/init
  slipway pkg push 127.0.0.1:5000 --as linuxkit/init:b212cfe=pkg/init --as library/redis:alpine=pkg/redis`;

const options = {
	as: {
		value: 'NAME:TAG[=DIR]',
		isRepeatable: true,
		help:
			'send the package in DIR as REGISTRY/ORG/NAME:TAG; one package may have several names. "=DIR" is not needed ' +
			'when the command line names one DIR',
	},
	...jsonArrayOption,
	...lockedOption,
	...caOption,
	...plainHttpOption,
	...storeOption,
} as const satisfies OptionTable;

const packagesAtOnce = 3;

export const pkgPushCommand: Command = {
	name: 'pkg push',
	summary: 'send system packages to a registry',
	operands: 'REGISTRY[/ORG] [DIR...]',
	operandsComplete: 'directory',
	about,
	options,
	notes,
	async run(args, streams) {
		const { targets, values } = parse(args);
		const folder = storeFolder(values.cache);
		// All packages are built before the first one is sent.
		const shipments = await removingOnSignals(
			async (temporary) => await build(targets, values.locked, openImageStore(folder, temporary), streams),
		);
		const list = resultList<Moved>(streams, values.json, movedLine);
		const registries = await openRegistries(values, streams, 'send');
		try {
			const store = openImageStore(folder);
			const homes = new Map<string, string>();
			const progress = () => transferProgress(plainLines(streams), () => performance.now(), 'send');
			await inParallel(shipments, packagesAtOnce, async ({ reference, targets }) => {
				// One after the other: the registry has all blobs when the second name is sent.
				for (const target of targets) {
					const each = { progress: progress(), platform: null, plainHttp: values['plain-http'], homes };
					const pushed = await pushImage(reference, target, store, { ...registries, ...each });
					if (pushed.upToDate) streams.err.write(`${pushed.target}: up to date\n`);
					list.add({ reference: pushed.target, digest: pushed.digest, upToDate: pushed.upToDate });
				}
			});
			list.end();
		} finally {
			registries.close();
		}
		return 0;
	},
};

interface Shipment {
	/** The name of the package in the store. */
	readonly reference: string;
	readonly targets: readonly string[];
}

async function build(
	{ names, place }: PushTargets,
	locked: boolean,
	store: ImageStore,
	{ err }: Streams,
): Promise<Shipment[]> {
	const recipes = await Promise.all([...names.keys()].map((folder) => loadRecipe(folder)));
	await buildAll(recipes, store, {
		locks: locked ? 'required' : 'if there',
		onBuilt(built, durationMs) {
			if (!built.upToDate) err.write(`${describeBuilt(built, durationMs)}\n`);
		},
		onNotice: (text) => err.write(`${text}\n`),
	});
	return recipes.map((recipe) => ({
		reference: recipeReference(recipe),
		targets: (names.get(recipe.folder) ?? []).map((name) => targetOf(place, name, recipe)),
	}));
}

/** Returns a terminal without a line that rewrites itself: several transfers at a time would share it. */
function plainLines({ err }: Streams): ProgressTerminal {
	return { write: (text) => err.write(text) };
}

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, options);
	const [place, ...named] = positionals;
	if (place === undefined)
		throw new UsageError('pkg push needs a REGISTRY/ORG, for example ghcr.io/acme or 127.0.0.1:5000.');
	const targets = pushTargets(place, values.as, named, () => recipeFolders('pkg push', []));
	return { targets, values };
}
