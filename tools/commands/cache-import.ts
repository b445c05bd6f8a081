// `slipway cache import`: adds images to the local store.

import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UsageError } from '../errors.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { importImages } from '../images/import.ts';
import { type ImageStore, openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { explainingTrouble } from '../images/store-trouble.ts';
import { jsonArrayOption, storeOption } from '../options/common-options.ts';
import { unpackedOption, unpackedSize } from '../options/unpacked-option.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { resultList } from '../terminal/result-list.ts';
import type { Streams } from '../terminal/streams.ts';
import { startProgress } from '../terminal/work-progress.ts';

const about = `Adds the images of an OCI image layout (a directory or a tar) or of a "docker save" tar to the local store. Every blob
is checked against its digest. "-" reads an archive from the standard input: docker save IMAGE | slipway cache import -`;

const importOptions = {
	name: {
		value: 'NAME',
		help: 'the name of an image that its layout or archive does not name, such as crane, ko and kaniko write it',
	},
	...jsonArrayOption,
	...storeOption,
	...unpackedOption('a compressed archive, and all of its files,'),
} as const satisfies OptionTable;

export const cacheImportCommand: Command = {
	name: 'cache import',
	summary: 'add images of an OCI layout or a docker-save tar to the store',
	operands: 'FILE...',
	operandsComplete: 'file',
	about,
	options: importOptions,
	async run(args, streams) {
		const { files, cache, name, maxUnpackedBytes, json } = parse(args);
		const list = resultList<{ readonly reference: string }>(streams, json, ({ reference }) => reference);
		await removingOnSignals(async (temporary) => {
			const store = openImageStore(storeFolder(cache), temporary, maxUnpackedBytes);
			await explainingTrouble(store.folder, async () => {
				for (const file of files) {
					for (const reference of await importFile(file, store, name, streams)) list.add({ reference });
				}
			});
		});
		list.end();
		return 0;
	},
};

async function importFile(
	file: string,
	store: ImageStore,
	name: string | undefined,
	streams: Streams,
): Promise<string[]> {
	const total =
		file === '-'
			? null
			: await stat(file).then(
					({ size }) => size,
					() => null,
				);
	const progress = startProgress(streams.err, {
		name: `importing ${file === '-' ? 'the standard input' : basename(file)}`,
		total,
		unit: 'bytes',
	});
	try {
		return await importImages(file, store, { name, onRead: (bytes) => progress.advance(bytes) });
	} finally {
		progress.end();
	}
}

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, importOptions);
	if (positionals.length === 0)
		throw new UsageError('cache import needs a FILE: an OCI layout or a docker-save tar.');
	if (positionals.includes('-') && process.stdin.isTTY)
		throw new UsageError(
			'cache import - reads an archive from the standard input: docker save IMAGE | slipway cache import -',
		);
	if (values.name !== undefined && positionals.length > 1)
		throw new UsageError('--name names one image: give one FILE.');
	return {
		files: positionals,
		cache: values.cache,
		name: values.name,
		json: values.json,
		maxUnpackedBytes: unpackedSize(values['max-unpacked']),
	};
}
