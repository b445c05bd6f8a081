// `slipway build`: YAML files -> plan -> root tree -> the files of each output format.

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { checkImages } from '../check/check-images.ts';
import { requireNoErrors, shownFindings } from '../check/finding.ts';
import { publishLines } from '../check/image-default-checks.ts';
import { SlipwayError } from '../errors.ts';
import { namingFullDisk } from '../files/system-error.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { shippedArchive, withShippedPackages } from '../images/shipped-packages.ts';
import { openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { type BuildOptions, buildOptions, parseBuildOptions } from '../options/build-options.ts';
import { planBuild } from '../options/build-plan.ts';
import { readSystemTexts } from '../options/read-system.ts';
import { chooseFormats } from '../output/formats.ts';
import { openSegmentCache } from '../output/segment-cache.ts';
import { writeOutputs } from '../output/write-outputs.ts';
import { lockText } from '../resolve/lock-file.ts';
import type { Plan } from '../resolve/plan.ts';
import { billOfMaterials } from '../sbom/bill-of-materials.ts';
import { unknownStopSignalLines } from '../system/bundle/stop-signal.ts';
import { privilegeLines, rootPowerLines } from '../system/label-privileges.ts';
import type { Command } from '../terminal/command.ts';
import { formatSize } from '../terminal/format-size.ts';

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
		const { config, sources } = await readSystemTexts(options);
		const { formats, leftOut } = chooseFormats(options.formats, config.outputs);
		for (const name of leftOut)
			streams.err.write(`outputs: slipway does not build the format ${name}; it is left out.\n`);
		const folder = dirname(options.output);
		if (!existsSync(folder))
			throw new SlipwayError('NO_FILE', `The directory ${folder} does not exist. Make it first.`);
		const report = (line: string): void => void streams.err.write(`${line}\n`);
		const written = await removingOnSignals(async (temporary) => {
			const own = openImageStore(storeFolder(options.cache), temporary, options.maxUnpackedBytes);
			const store = withShippedPackages(own, shippedArchive());
			const plan = await planBuild(config, options, store, streams);
			const privileges = options.explainPrivileges ? privilegeLines(plan) : rootPowerLines(plan);
			for (const line of [...privileges, ...unknownStopSignalLines(plan), ...publishLines(plan)])
				report(line);
			const found = await checkImages(plan, store, openSegmentCache(store.folder, temporary));
			requireNoErrors(shownFindings(found, sources, options.accepted), report);
			const outputs = { ...options, formats, texts: textsOf(plan, options), report };
			return await namingFullDisk(folder, async () => await writeOutputs(plan, store, outputs, temporary));
		});
		for (const path of written) {
			streams.out.write(`${path}  ${formatSize((await stat(path)).size)}\n`);
		}
		return 0;
	},
};

/** Returns the files that are written beside those of the formats: the lock file and the bill of materials. */
function textsOf(plan: Plan, { lock, writeLock, sbom, output }: BuildOptions) {
	return [
		...(writeLock && lock !== null
			? [{ path: lock, text: lockText(plan.lock), isInput: true as const }]
			: []),
		...(sbom ? [{ path: `${output}.spdx.json`, text: billOfMaterials(plan, basename(output)) }] : []),
	];
}
