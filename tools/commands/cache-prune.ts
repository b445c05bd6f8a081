// `slipway cache prune`: removes files of the local image store that nothing needs.

import { jsonText } from '../../native/text/json-text.ts';
import { UsageError } from '../errors.ts';
import { type Pruned, type PrunedKind, pruneStore } from '../images/prune-store.ts';
import { storeFolder } from '../images/store-location.ts';
import { explainingTrouble } from '../images/store-trouble.ts';
import { storeOption } from '../options/common-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Removes from the local store what nothing needs: blobs without a reference, packed images that no build used for 30
days, Debian packages that no stored image was made of, and files that a build which died left more than a day ago.
Files that are less than an hour old stay, so builds and pulls may run at the same time.`;

const options = {
	'dry-run': { help: 'remove nothing, only print what would be removed' },
	json: { help: 'print one JSON object with every file, for programs' },
	...storeOption,
} as const satisfies OptionTable;

const names: Readonly<Record<PrunedKind, string>> = {
	blob: 'blobs',
	segment: 'packed images',
	debian: 'Debian packages',
	leftover: 'leftovers',
};

export const cachePruneCommand: Command = {
	name: 'cache prune',
	summary: 'remove what nothing needs from the local store',
	operands: '',
	about,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		if (positionals.length > 0) throw new UsageError(`cache prune takes no ${positionals[0]}.`);
		const dryRun = values['dry-run'];
		const folder = storeFolder(values.cache);
		const removed = await explainingTrouble(
			folder,
			async () => await pruneStore(folder, { dryRun, nowMs: Date.now() }),
		);
		const freedBytes = sizeOf(removed);
		streams.out.write(
			values.json
				? jsonText({ dryRun, freedBytes, removed })
				: `${table(removed)}${dryRun ? 'Would free' : 'Freed'} ${formatSize(freedBytes)}.\n`,
		);
		return 0;
	},
};

function table(removed: readonly Pruned[]): string {
	return Object.entries(names)
		.map(([kind, name]) => ({ name, files: removed.filter((each) => each.kind === kind) }))
		.filter(({ files }) => files.length > 0)
		.map(({ name, files }) => {
			const count = String(files.length).padStart(5);
			return `${name.padEnd(15)} ${count}  ${formatSize(sizeOf(files)).padStart(9)}\n`;
		})
		.join('');
}

function sizeOf(files: readonly Pruned[]): number {
	return files.reduce((sum, each) => sum + each.sizeBytes, 0);
}
