// `slipway cache rm`: removes references of the local image store.

import { SlipwayError, UsageError } from '../errors.ts';
import { openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { explainingTrouble } from '../images/store-trouble.ts';
import { storeOption } from '../options/common-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Removes references from the local store; when one of them is unknown, none is removed. Their blobs stay until
"slipway cache prune".`;

export const cacheRmCommand: Command = {
	name: 'cache rm',
	summary: 'remove references from the local store',
	operands: 'REFERENCE...',
	about,
	options: storeOption,
	async run(args) {
		const { values, positionals } = readArguments(args, storeOption);
		if (positionals.length === 0)
			throw new UsageError('cache rm needs a REFERENCE, as "slipway cache ls" shows it.');
		const store = openImageStore(storeFolder(values.cache));
		const unknown = await explainingTrouble(store.folder, async () => await store.untag(positionals));
		if (unknown.length === 0) return 0;
		throw new SlipwayError(
			'NO_IMAGE',
			`The image store ${store.folder} has no ${unknown.join(', ')}; nothing was removed. ` +
				'"slipway cache ls" shows what it has.',
		);
	},
};
