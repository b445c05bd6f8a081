// `slipway cache export`: writes images of the local store as one tar.

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Descriptor } from '../../supervisor/image/descriptor.ts';
import { tarArchive } from '../archive/tar.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { replaceFile, writeStream } from '../files/replace-file.ts';
import { namingFullDisk, namingTarget } from '../files/system-error.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { exportDockerSave } from '../images/export-docker-save.ts';
import { exportLayout } from '../images/export-layout.ts';
import { containerdName } from '../images/index-file.ts';
import { formatReference, parseReference } from '../images/reference.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import type { ImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { storeOption } from '../options/common-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { startProgress, watchedBytes } from '../terminal/work-progress.ts';

const about = `Writes images of the local store as one tar. The same images give the same bytes.`;

const options = {
	format: {
		choices: ['oci', 'docker'],
		default: 'oci',
		help:
			'the format of the tar. oci: an OCI image layout with all platforms that the store has. docker: what "docker load" takes, for the ' +
			'platform of this machine',
	},
	output: {
		value: 'FILE',
		completes: 'file',
		default: '-',
		help: 'where to write; "-" is the standard output',
	},
	...storeOption,
} as const satisfies OptionTable;

export const cacheExportCommand: Command = {
	name: 'cache export',
	summary: 'write images of the store as an OCI layout or for docker load',
	operands: 'REFERENCE...',
	about,
	options,
	async run(args, streams) {
		const { format, output, references, cache } = parse(args);
		if (output === '-' && 'isTTY' in streams.out && streams.out.isTTY === true)
			throw new UsageError('cache export writes no tar to a terminal: give --output FILE.');
		const store = openStoreWithPackages(storeFolder(cache));
		const images = await resolveAll(references, store);
		const entries =
			format === 'oci'
				? exportLayout(withContainerdNames(images), store.blobs)
				: exportDockerSave([...images.keys()], store);
		const progress = startProgress(streams.err, { name: 'exporting', total: null, unit: 'bytes' });
		const archive = watchedBytes(tarArchive(entries), progress);
		if (output === '-') {
			await pipeline(Readable.from(archive, { objectMode: false }), streams.out, { end: false });
		} else {
			const folder = dirname(output);
			if (!existsSync(folder))
				throw new SlipwayError('NO_FILE', `The directory ${folder} does not exist. Make it first.`);
			await removingOnSignals(
				async (temporary) =>
					await namingFullDisk(
						folder,
						async () =>
							await namingTarget(output, () =>
								replaceFile(output, temporary, (file) => writeStream(file, archive, { flush: false })),
							),
					),
			);
		}
		return 0;
	},
};

/** Adds the annotation without which `nerdctl load` and LinuxKit import no image of a layout. */
function withContainerdNames(images: ReadonlyMap<string, Descriptor>): ReadonlyMap<string, Descriptor> {
	return new Map(
		[...images].map(([reference, image]) => {
			const annotations = { ...image.annotations, [containerdName]: reference };
			return [reference, { ...image, annotations }];
		}),
	);
}

/** Returns the manifests by canonical reference, in the order of the names, each once. */
async function resolveAll(
	references: readonly string[],
	store: ImageStore,
): Promise<ReadonlyMap<string, Descriptor>> {
	const images = new Map<string, Descriptor>();
	const unknown: string[] = [];
	const names = references.map((reference) => formatReference(parseReference(reference)));
	for (const name of [...new Set(names)].sort()) {
		const found = await store.resolve(name);
		if (found === null) unknown.push(name);
		else images.set(name, found);
	}
	if (unknown.length === 0) return images;
	throw new SlipwayError(
		'NO_IMAGE',
		`The image store ${store.folder} has no ${unknown.join(', ')}. "slipway cache ls" shows what it has.`,
	);
}

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, options);
	if (positionals.length === 0)
		throw new UsageError('cache export needs a REFERENCE, as "slipway cache ls" shows it.');
	return { ...values, references: positionals };
}
