// `slipway cache pull`: images from registries into the local store.

import { UsageError } from '../errors.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { formatPlatform } from '../images/platform.ts';
import { hostPlatform, openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { parsePlatformOption } from '../options/platform-option.ts';
import { openRegistries, registryHelp, registryOptions } from '../options/registry-options.ts';
import { pullImage } from '../registry/pull-image.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from './command.ts';

const help = `Usage: slipway cache pull [options] REFERENCE...

Fetches images from their registries into the local store and writes "REFERENCE DIGEST" for each. Every blob is checked
against its digest. Logins are Docker's: config.json in $DOCKER_CONFIG or ~/.docker, with its credential helpers;
proxies are those of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

Options:
${registryHelp}\
  --platform OS/ARCH      which image of several, also linux/arm/v7 (default: ${formatPlatform(hostPlatform)})
  --cache DIR             the image store (default: $SLIPWAY_CACHE or $XDG_CACHE_HOME/slipway)
  --help                  this text
`;

export const cachePullCommand: Command = {
	name: 'cache pull',
	summary: 'fetch images from registries into the local store',
	help,
	async run(args, streams) {
		const { references, platform, cache, values } = parse(args);
		const registries = await openRegistries(values, streams);
		try {
			await removingOnSignals(async (temporary) => {
				const store = openImageStore(storeFolder(cache), temporary);
				for (const each of references) {
					const pulled = await pullImage(each, store, { ...registries, platform });
					if (pulled.upToDate) streams.err.write(`${pulled.reference}: up to date\n`);
					streams.out.write(`${pulled.reference} ${pulled.digest}\n`);
				}
			});
		} finally {
			registries.close();
		}
		return 0;
	},
};

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, {
		...registryOptions,
		platform: { type: 'string' },
		cache: { type: 'string' },
	});
	if (positionals.length === 0)
		throw new UsageError('cache pull needs a REFERENCE, for example docker.io/library/redis:7.');
	return {
		references: positionals,
		platform: values.platform === undefined ? hostPlatform : parsePlatformOption(values.platform),
		cache: values.cache,
		values,
	};
}
