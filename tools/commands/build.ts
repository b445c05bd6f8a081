// `slipway build`: YAML files -> plan -> root tree -> the files of each output format.

import { stat } from 'node:fs/promises';
import { buildFiles } from '../options/build-files.ts';
import { buildOptions, parseBuildOptions } from '../options/build-options.ts';
import type { Command } from '../terminal/command.ts';
import { formatSize } from '../terminal/format-size.ts';
import { resultList } from '../terminal/result-list.ts';

const about = `Packs the system that the YAML files describe (LinuxKit's format; several files are merged, "-" is the standard
input). Images come from the local store; an image that it lacks is pulled from a registry, with Docker's logins.`;

const notes = `The same input gives the same bytes. Packed images are kept in the store, so building again only joins files.`;

interface Written {
	readonly path: string;
	readonly sizeBytes: number;
}

export const buildCommand: Command = {
	name: 'build',
	summary: 'pack a system from YAML files',
	operands: 'FILE.yml...',
	operandsComplete: 'file',
	about,
	options: buildOptions,
	notes,
	async run(args, streams) {
		const options = parseBuildOptions(args);
		const { written } = await buildFiles(options, streams);
		const list = resultList<Written>(
			streams,
			options.json === true,
			({ path, sizeBytes }) => `${path}  ${formatSize(sizeBytes)}`,
		);
		for (const path of written) list.add({ path, sizeBytes: (await stat(path)).size });
		list.end();
		return 0;
	},
};
