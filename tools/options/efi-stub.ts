// Finds systemd's stub, by which firmware starts a kernel. That of another processor can't be installed beside this machine's, so
// it is taken from Debian's package.

import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import { runTool } from '../files/run-tool.ts';
import { inTemporaryFolder, type TemporaryPaths } from '../files/temporary-paths.ts';
import type { OutputFormat } from '../output/format.ts';
import { findMediaTool, mediaTools } from '../output/media-tools.ts';
import { createAptSource } from '../package/apt-source.ts';
import type { BuildOptions } from './build-options.ts';

const folderInPackage = 'usr/lib/systemd/boot/efi';

/**
 * Returns the path of the stub for the processor; null when no format needs it. Throws a `SlipwayError` when it is absent and can't
 * be downloaded.
 *
 * @param storeFolder - the store, which keeps what was downloaded until `slipway cache prune`
 */
export async function efiStubFor(
	formats: readonly OutputFormat[],
	{ processor, pull }: Pick<BuildOptions, 'processor' | 'pull'>,
	storeFolder: string,
	temporary: TemporaryPaths,
): Promise<string | null> {
	const format = formats.find(({ hasEfiProgram }) => hasEfiProgram === true);
	if (format === undefined) return null;
	const { stub } = processor.efi;
	const debs = join(storeFolder, 'debian');
	const kept = join(debs, stub);
	const found = findMediaTool(stub) ?? (existsSync(kept) ? kept : null);
	if (found !== null) return found;
	if (pull === 'never') throw noStub(format, processor, 'and --offline downloads nothing');
	try {
		await download(processor, debs, kept, temporary);
	} catch (cause) {
		if (!(cause instanceof SlipwayError)) throw cause;
		throw noStub(format, processor, `and it can't be downloaded: ${cause.message}`, cause);
	}
	return kept;
}

async function download(
	processor: Processor,
	debs: string,
	target: string,
	temporary: TemporaryPaths,
): Promise<void> {
	makeFolder(debs, 0o777);
	const name = mediaTools[processor.efi.stub].packages['apt-get'];
	const source = createAptSource(debs, { temporary, processor });
	const found = (await source.candidates([name])).get(name);
	if (found === undefined) throw source.unknown(name);
	const file = await source.fetch(found);
	await inTemporaryFolder(join(debs, '.download-'), temporary, async (scratch) => {
		await runTool('dpkg-deb', ['--extract', file, scratch]);
		await rename(join(scratch, folderInPackage, processor.efi.stub), target);
	});
}

function noStub(format: OutputFormat, { name, efi }: Processor, why: string, cause?: Error): SlipwayError {
	const { stub } = efi;
	return new SlipwayError(
		'TOOL_FAILED',
		`The format ${format.name} for ${name} needs ${stub} of Debian's package ${mediaTools[stub].packages['apt-get']}, which this machine does not have, ${why}. ` +
			`Build once without --offline where apt is, or copy the file to /${folderInPackage}.`,
		cause === undefined ? {} : { cause },
	);
}
