// Writes the files of a build: those of each output format, and texts beside them.

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Processor } from '../../supervisor/contract/processors.ts';
import { type Compression, openCompressors } from '../archive/compressors.ts';
import { SlipwayError } from '../errors.ts';
import { stagedFiles } from '../files/replace-file.ts';
import { removeLeftovers, type TemporaryPaths, temporaryPath } from '../files/temporary-paths.ts';
import type { ImageStore } from '../images/store.ts';
import type { Plan } from '../resolve/plan.ts';
import type { OutputFormat, RootKind } from './format.ts';
import { staleEndings } from './formats.ts';
import { openSegmentCache } from './segment-cache.ts';
import type { SigningKey } from './signing-key.ts';

export interface Outputs {
	/** The path of the outputs without their endings. Its directory must exist. */
	readonly output: string;
	readonly formats: readonly OutputFormat[];
	/** Further files. The lock file is an input too, so it is never absent. */
	readonly texts: readonly { readonly path: string; readonly text: string; readonly isInput?: true }[];
	readonly compression: Compression;
	readonly root: RootKind;
	/** See `OutputJob`. */
	readonly diskBytes: number | null;
	readonly signing: SigningKey | null;
	readonly processor: Processor;
	readonly efiStub: string | null;
	/** Receives lines about the progress, without line ends. */
	report(line: string): void;
}

/** Returns the paths of all files. They appear together at the end; after a failure none appears. */
export async function writeOutputs(
	plan: Plan,
	store: ImageStore,
	outputs: Outputs,
	temporary: TemporaryPaths,
): Promise<string[]> {
	const { output, formats, texts, compression, root, diskBytes, signing, processor, efiStub, report } =
		outputs;
	const files = stagedFiles(temporary);
	for (const folder of new Set([output, ...texts.map(({ path }) => path)].map(dirname)))
		await removeLeftovers(folder);
	const scratch = await makeScratch(dirname(output), temporary);
	try {
		const compressors = openCompressors(compression);
		const cache = openSegmentCache(store.folder, temporary, compressors, report, scratch);
		const written: string[] = [];
		for (const format of formats) {
			const own = join(scratch, format.name);
			await mkdir(own);
			const endings = await format.write({
				plan,
				processor,
				efiStub,
				blobs: store.blobs,
				output,
				files,
				cache,
				compressors,
				compression,
				root,
				diskBytes,
				signing,
				scratch: own,
				report,
			});
			written.push(...endings.map((ending) => `${output}${ending}`));
			for (const ending of format.endings) if (!endings.includes(ending)) files.remove(`${output}${ending}`);
		}
		for (const ending of staleEndings(formats)) files.remove(`${output}${ending}`);
		for (const { path, text } of texts) await files.write(path, bytesOf(text));
		await files.commit(texts.filter(({ isInput }) => isInput === true).map(({ path }) => path));
		return [...written, ...texts.map(({ path }) => path)];
	} finally {
		await files.discard();
		await rm(scratch, { recursive: true, force: true });
		temporary.delete(scratch);
	}
}

async function makeScratch(folder: string, temporary: TemporaryPaths): Promise<string> {
	const scratch = temporaryPath(folder, temporary);
	await mkdir(scratch).catch((cause: Error) => {
		const message = `Nothing can be written to ${folder}: ${cause.message}. See --dir.`;
		throw new SlipwayError('NO_FILE', message, { cause });
	});
	return scratch;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void> {
	yield Buffer.from(text);
}
