// `slipway cache ls`: lists the images of the local store.

import { jsonText } from '../../native/text/json-text.ts';
import { formatPlatform } from '../../supervisor/image/platform.ts';
import { UsageError } from '../errors.ts';
import { openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { jsonArrayOption, storeOption } from '../options/common-options.ts';
import { layerBytes } from '../system/image-segment.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { shortDigest, textTable } from '../terminal/text-table.ts';

const about = `Lists the images of the local store: reference, digest, platform and size. An image for several platforms has a line
for each platform that the store has.`;

const options = { ...jsonArrayOption, ...storeOption } as const satisfies OptionTable;

export const cacheLsCommand: Command = {
	name: 'cache ls',
	summary: 'list the images of the local store',
	operands: '',
	about,
	options,
	async run(args, streams) {
		const { json, cache } = parse(args);
		const images = await openImageStore(storeFolder(cache)).list();
		streams.out.write(json ? jsonText(images.map(describe)) : table(images));
		return 0;
	},
};

function describe(image: StoredImage) {
	const { reference, manifest } = image;
	return { reference, digest: manifest.digest, platform: platformOf(image), sizeBytes: layerBytes(image) };
}

/** Prefers the platform of the index, which names the variant too. */
function platformOf({ manifest, config }: StoredImage): string {
	return formatPlatform(manifest.platform ?? { ...config, os: config.os || 'linux' });
}

function table(images: readonly StoredImage[]): string {
	const rows = images.map((image) => [
		image.reference,
		shortDigest(image.manifest.digest),
		platformOf(image),
		formatSize(layerBytes(image)),
	]);
	return textTable([['REFERENCE', 'DIGEST', 'PLATFORM', 'SIZE'], ...rows]);
}

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, options);
	if (positionals.length > 0) throw new UsageError(`cache ls takes no ${positionals[0]}.`);
	return values;
}
