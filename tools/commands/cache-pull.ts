// `slipway cache pull`: fetches images from registries into the local store.

import { UsageError } from '../errors.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { hostPlatform, openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { explainingTrouble } from '../images/store-trouble.ts';
import { jsonArrayOption, storeOption } from '../options/common-options.ts';
import { parsePlatformOption, platformValue } from '../options/platform-option.ts';
import { openRegistries, registryOptions } from '../options/registry-options.ts';
import { pullImage } from '../registry/pull-image.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { type Moved, movedLine, resultList } from '../terminal/result-list.ts';

const about = `Fetches images from their registries into the local store and writes "REFERENCE DIGEST" for each. Every blob is checked
against its digest. Logins are Docker's: config.json in $DOCKER_CONFIG or ~/.docker, with its credential helpers;
proxies are those of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.`;

const options = {
	platform: {
		...platformValue,
		defaultText: "this machine's",
		help: 'the platform to fetch of an image for several, also linux/arm/v7',
	},
	...jsonArrayOption,
	...registryOptions,
	...storeOption,
} as const satisfies OptionTable;

export const cachePullCommand: Command = {
	name: 'cache pull',
	summary: 'fetch images from registries into the local store',
	operands: 'REFERENCE...',
	about,
	options,
	async run(args, streams) {
		const { references, platform, cache, values } = parse(args);
		const list = resultList<Moved>(streams, values.json, movedLine);
		const registries = await openRegistries(values, streams);
		try {
			await removingOnSignals(async (temporary) => {
				const store = openImageStore(storeFolder(cache), temporary);
				for (const each of references) {
					const pulled = await explainingTrouble(
						store.folder,
						async () => await pullImage(each, store, { ...registries, platform }),
					);
					if (pulled.upToDate) streams.err.write(`${pulled.reference}: up to date\n`);
					const { reference, descriptor, upToDate } = pulled;
					list.add({ reference, digest: descriptor.digest, upToDate });
				}
			});
			list.end();
		} finally {
			registries.close();
		}
		return 0;
	},
};

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, options);
	if (positionals.length === 0)
		throw new UsageError('cache pull needs a REFERENCE, for example docker.io/library/redis:7.');
	return {
		references: positionals,
		platform: values.platform === undefined ? hostPlatform : parsePlatformOption(values.platform),
		cache: values.cache,
		values,
	};
}
