// `slipway cache import`: adds images to the local store.

import { UsageError } from '../errors.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { importImages } from '../images/import.ts';
import { openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from './command.ts';

const help = `Usage: slipway cache import [options] FILE...

Adds the images of an OCI image layout (a folder or a tar) or of a "docker save" tar to the local store. Every blob
is checked against its digest.

Options:
  --cache DIR   the image store (default: $SLIPWAY_CACHE or $XDG_CACHE_HOME/slipway)
  --help        this text
`;

export const cacheImportCommand: Command = {
	name: 'cache import',
	summary: 'add images of an OCI layout or a docker-save tar to the local store',
	help,
	async run(args, streams) {
		const { files, cache } = parse(args);
		await removingOnSignals(async (temporary) => {
			const store = openImageStore(storeFolder(cache), temporary);
			for (const file of files) {
				for (const reference of await importImages(file, store)) streams.out.write(`${reference}\n`);
			}
		});
		return 0;
	},
};

function parse(args: readonly string[]): { files: string[]; cache: string | undefined } {
	const { values, positionals } = readArguments(args, { cache: { type: 'string' } });
	if (positionals.length === 0)
		throw new UsageError('cache import needs a FILE: an OCI layout or a docker-save tar.');
	return { files: positionals, cache: values.cache };
}
