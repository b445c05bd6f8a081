// `slipway cache ls`: what is in the local image store.

import { openImageStore, type StoredImage } from '../image/store.ts';
import { storeFolder } from '../image/store-location.ts';
import { readArguments } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import { formatSize } from './format-size.ts';

const help = `Usage: slipway cache ls [options]

Lists the images of the local store: reference, digest and size.

Options:
  --json        one JSON array, for machines
  --cache DIR   the image store (default: $SLIPWAY_CACHE or $XDG_CACHE_HOME/slipway)
  --help        this text
`;

export const cacheLsCommand: Command = {
	name: 'cache ls',
	summary: 'list the images of the local store',
	help,
	async run(args, streams) {
		const { json, cache } = parse(args);
		const images = await openImageStore(storeFolder(cache)).list();
		streams.out.write(json === true ? `${JSON.stringify(images.map(describe), null, 2)}\n` : table(images));
		return 0;
	},
};

function describe(image: StoredImage) {
	return { reference: image.reference, digest: image.manifest.digest, sizeBytes: sizeOf(image) };
}

/** As `docker images`: the compressed layers are what the store holds. */
function sizeOf(image: StoredImage): number {
	return image.layers.reduce((sum, layer) => sum + layer.size, 0);
}

function table(images: readonly StoredImage[]): string {
	const rows = images.map((image) => [
		image.reference,
		image.manifest.digest.slice('sha256:'.length, 'sha256:'.length + 12),
		formatSize(sizeOf(image)),
	]);
	const all = [['REFERENCE', 'DIGEST', 'SIZE'], ...rows];
	const widths = [0, 1].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
	return all
		.map(([a = '', b = '', c = '']) => `${a.padEnd(widths[0] ?? 0)}  ${b.padEnd(widths[1] ?? 0)}  ${c}\n`)
		.join('');
}

function parse(args: readonly string[]): { json?: boolean | undefined; cache?: string | undefined } {
	const { values, positionals } = readArguments(args, {
		json: { type: 'boolean' },
		cache: { type: 'string' },
	});
	if (positionals.length > 0) throw new UsageError(`cache ls takes no ${positionals[0]}.`);
	return values;
}
