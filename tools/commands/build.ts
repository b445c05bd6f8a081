// `slipway build`: YAML files -> plan -> root tree -> the files of each output format.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Compression, openCompressors } from '../archive/compressors.ts';
import { SlipwayError } from '../errors.ts';
import { removingOnSignals, type TemporaryPaths } from '../files/temporary-paths.ts';
import { asideFiles } from '../files/write-aside.ts';
import { type ImageStore, openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { buildOptions, parseBuildOptions } from '../options/build-options.ts';
import { planBuild } from '../options/build-plan.ts';
import { readSystem } from '../options/read-system.ts';
import type { OutputFormat } from '../output/format.ts';
import { chooseFormats } from '../output/formats.ts';
import { openSegmentCache } from '../output/segment-cache.ts';
import { lockText } from '../resolve/lock-file.ts';
import type { Plan } from '../resolve/plan.ts';
import { billOfMaterials } from '../sbom/bill-of-materials.ts';
import type { Command } from '../terminal/command.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { Streams } from '../terminal/streams.ts';

const about = `Packs the system that the YAML files describe (LinuxKit's format; several files are merged, "-" is the standard
input). Images come from the local store; an image that it lacks is pulled from a registry, with Docker's logins.`;

const notes = `The same input gives the same bytes. Packed images are kept in the store, so building again only joins files.`;

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
		const config = await readSystem(options);
		const { formats, leftOut } = chooseFormats(options.formats, config.outputs);
		for (const name of leftOut)
			streams.err.write(`outputs: slipway does not build the format ${name}; it is left out.\n`);
		const folder = dirname(options.output);
		if (!existsSync(folder))
			throw new SlipwayError('NO_FILE', `The folder ${folder} does not exist. Make it first.`);
		const written = await removingOnSignals(async (temporary) => {
			const store = openImageStore(storeFolder(options.cache), temporary);
			const plan = await planBuild(config, options, store, streams);
			return await write(plan, store, { ...options, formats }, temporary, streams);
		});
		for (const path of written) {
			streams.out.write(`${path}  ${formatSize((await stat(path)).size)}\n`);
		}
		return 0;
	},
};

interface Wanted {
	/** The path of the outputs without their endings. */
	readonly output: string;
	readonly formats: readonly OutputFormat[];
	readonly lock: string | null;
	readonly writeLock: boolean;
	readonly sbom: boolean;
	readonly compression: Compression;
}

/** All outputs appear at the end or none. */
async function write(
	plan: Plan,
	store: ImageStore,
	wanted: Wanted,
	temporary: TemporaryPaths,
	streams: Streams,
): Promise<string[]> {
	const files = asideFiles(temporary);
	const scratch = join(dirname(wanted.output), `.slipway-${randomUUID()}`);
	temporary.add(scratch);
	await mkdir(scratch).catch((cause: Error) => {
		const where = dirname(wanted.output);
		throw new SlipwayError('NO_FILE', `Nothing can be written to ${where}: ${cause.message}. See --dir.`, {
			cause,
		});
	});
	try {
		const compressors = openCompressors(wanted.compression);
		const cache = openSegmentCache(store.folder, temporary, compressors);
		const report = (line: string): void => void streams.err.write(`${line}\n`);
		const { output, formats } = wanted;
		for (const format of formats) {
			await format.write({ plan, blobs: store.blobs, output, files, cache, compressors, scratch, report });
		}
		const written = formats.flatMap(({ endings }) => endings.map((ending) => `${output}${ending}`));
		if (wanted.writeLock && wanted.lock !== null) {
			await files.write(wanted.lock, text(lockText(plan.lock)));
			written.push(wanted.lock);
		}
		if (wanted.sbom) {
			const path = `${wanted.output}.spdx.json`;
			await files.write(path, text(billOfMaterials(plan, basename(wanted.output))));
			written.push(path);
		}
		await files.commit();
		return written;
	} finally {
		await files.discard();
		await rm(scratch, { recursive: true, force: true });
		temporary.delete(scratch);
	}
}

async function* text(content: string): AsyncGenerator<Uint8Array, void> {
	yield Buffer.from(content);
}
