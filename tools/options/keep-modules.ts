// `slipway build --modules FILE`: the selection of kernel modules that a file names, and what it saves.

import { readFileSync } from 'node:fs';
import { SlipwayError } from '../errors.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import { parseModuleList, selectModules } from '../system/kept-modules.ts';
import { kernelTarEntries } from '../system/kernel-image.ts';
import { formatSize } from '../terminal/format-size.ts';

const shownUnknown = 10;

/**
 * Returns the plan with the selection.
 *
 * @param report - receives a line about the names that the kernel does not have, and one about the sizes
 */
export async function keepModules(
	plan: Plan,
	blobs: BlobFolder,
	file: string,
	report: (line: string) => void,
): Promise<Plan> {
	const { kernel } = plan.config;
	const tar = kernel?.tar ?? 'kernel.tar';
	if (kernel === null || tar === 'none')
		throw new SlipwayError('BAD_INPUT', '--modules: the system has no kernel modules to choose from.');
	const wanted = parseModuleList(readList(file));
	if (wanted.length === 0)
		throw new SlipwayError(
			'BAD_INPUT',
			`--modules ${file}: expected names of modules, one a line, or the output of lsmod; found none.`,
		);
	const image = imageOf(plan, kernel.image);
	const selection = await selectModules(kernelTarEntries(blobs, image, tar), wanted);
	const { kept, count, keptBytes, allBytes, unknown } = selection;
	if (unknown.length > 0) {
		const more = unknown.length > shownUnknown ? ` and ${unknown.length - shownUnknown} more` : '';
		const names = unknown.slice(0, shownUnknown).join(', ');
		report(`--modules: the kernel ${kernel.image} does not have ${names}${more}.`);
	}
	report(
		`modules: ${kept.size} of ${count} kept, ${formatSize(keptBytes)} of ${formatSize(allBytes)} (--modules)`,
	);
	return { ...plan, keptModules: kept };
}

function readList(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		throw new SlipwayError('NO_FILE', `--modules ${file}: the file can't be read.`, { cause: error });
	}
}
