// `slipway cache push`: sends an image of the local store to a registry.

import { formatPlatform } from '../../supervisor/image/platform.ts';
import { UsageError } from '../errors.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import { storeFolder } from '../images/store-location.ts';
import { jsonArrayOption, storeOption } from '../options/common-options.ts';
import { parsePlatformOption, platformValue } from '../options/platform-option.ts';
import { caOption, openRegistries, plainHttpOption } from '../options/registry-options.ts';
import { pushImage } from '../registry/push-image.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { type Moved, movedLine, resultList } from '../terminal/result-list.ts';

const about = `Sends an image of the local store to the registry that its reference names, or to TARGET, and writes "TARGET DIGEST".
Blobs that the registry has are not sent again. Logins are Docker's: config.json in $DOCKER_CONFIG or ~/.docker, with
its credential helpers; proxies are those of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

An image for several platforms is sent whole if the store has all of them (a pull fetches one). Otherwise, as "docker
push" does, one platform is sent alone, with a message: this machine's, or the only one that the store has.`;

const options = {
	platform: { ...platformValue, help: "send this platform's manifest alone, for example linux/arm64" },
	...jsonArrayOption,
	...caOption,
	...plainHttpOption,
	...storeOption,
} as const satisfies OptionTable;

export const cachePushCommand: Command = {
	name: 'cache push',
	summary: 'send an image of the local store to a registry',
	operands: 'REFERENCE [TARGET]',
	about,
	options,
	async run(args, streams) {
		const { reference, target, platform, plainHttp, values } = parse(args);
		const store = openStoreWithPackages(storeFolder(values.cache));
		const registries = await openRegistries(values, streams, 'send');
		try {
			const pushed = await pushImage(reference, target, store, { ...registries, platform, plainHttp });
			if (pushed.alone !== null) {
				const { platform: own } = pushed.alone;
				const name = own === undefined ? pushed.alone.digest : formatPlatform(own);
				streams.err.write(`${pushed.target}: the store lacks other platforms, so ${name} was sent alone\n`);
			}
			if (pushed.upToDate) streams.err.write(`${pushed.target}: up to date\n`);
			const list = resultList<Moved>(streams, values.json, movedLine);
			list.add({ reference: pushed.target, digest: pushed.digest, upToDate: pushed.upToDate });
			list.end();
		} finally {
			registries.close();
		}
		return 0;
	},
};

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, options);
	const [reference, target = reference, ...more] = positionals;
	if (reference === undefined || target === undefined)
		throw new UsageError('cache push needs a REFERENCE, as "slipway cache ls" shows it.');
	if (more.length > 0)
		throw new UsageError(`cache push sends one image: after REFERENCE and TARGET it takes no ${more[0]}.`);
	const platform = values.platform === undefined ? null : parsePlatformOption(values.platform);
	return { reference, target, platform, plainHttp: values['plain-http'], values };
}
