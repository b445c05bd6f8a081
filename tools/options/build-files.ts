// Builds a system: YAML files -> plan -> checked images -> root tree -> the files of each output format.

import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { checkImages } from '../check/check-images.ts';
import { factsReader } from '../check/facts-reader.ts';
import { requireNoErrors, shownFindings } from '../check/finding.ts';
import { publishLines } from '../check/image-default-checks.ts';
import { withNativeImages } from '../check/native-images.ts';
import { requireSources } from '../check/source-check.ts';
import { SlipwayError } from '../errors.ts';
import { namingFullDisk } from '../files/system-error.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import { storeFolder } from '../images/store-location.ts';
import { chooseFormats, requireDisk, requireSignable } from '../output/formats.ts';
import { openSegmentCache } from '../output/segment-cache.ts';
import { checkSigningKey } from '../output/signing-key.ts';
import { writeOutputs } from '../output/write-outputs.ts';
import { lockText } from '../resolve/lock-file.ts';
import type { Plan } from '../resolve/plan.ts';
import { billOfMaterials } from '../sbom/bill-of-materials.ts';
import { privilegeLines, rootPowerLines } from '../system/label-privileges.ts';
import type { Streams } from '../terminal/streams.ts';
import { startProgress, type WorkProgress } from '../terminal/work-progress.ts';
import { platformOf } from './arch-option.ts';
import type { BuildOptions } from './build-options.ts';
import { planBuild } from './build-plan.ts';
import { efiStubFor } from './efi-stub.ts';
import { keepModules } from './keep-modules.ts';
import { readSystem } from './read-system.ts';

export interface BuiltSystem {
	readonly plan: Plan;
	/** The paths of the files that were written. */
	readonly written: readonly string[];
}

/** Throws an error when the YAML, an image or a check is wrong; then nothing is written. */
export async function buildFiles(options: BuildOptions, streams: Streams): Promise<BuiltSystem> {
	const system = await readSystem(options);
	const { config, sources } = system;
	await requireSources(config, sources);
	const { formats, leftOut } = chooseFormats(options.formats, config.outputs, options.processor);
	if (options.signing !== null) {
		requireSignable(formats);
		checkSigningKey(options.signing);
	}
	if (options.diskBytes !== null) requireDisk(formats);
	for (const reason of leftOut) streams.err.write(`outputs: ${reason}; it is left out.\n`);
	const folder = dirname(options.output);
	if (!existsSync(folder))
		throw new SlipwayError('NO_FILE', `The directory ${folder} does not exist. Make it first.`);
	let progress: WorkProgress | null = null;
	const report = (line: string): void => {
		progress?.clear();
		streams.err.write(`${line}\n`);
	};
	return await removingOnSignals(async (temporary) => {
		const store = openStoreWithPackages(
			storeFolder(options.cache),
			temporary,
			options.maxUnpackedBytes,
			platformOf(options.processor),
		);
		const efiStub = await efiStubFor(formats, options, store.folder, temporary);
		const whole = await planBuild(system, options, store, streams);
		const { modules } = options;
		const plan = modules === undefined ? whole : await keepModules(whole, store.blobs, modules, report);
		const privileges = options.explainPrivileges ? privilegeLines(plan) : rootPowerLines(plan);
		for (const line of [...privileges, ...publishLines(plan)]) report(line);
		const name = `packing ${basename(options.output)}`;
		progress = startProgress(streams.err, { name, total: null, unit: null });
		const factsOf = factsReader(store.blobs, openSegmentCache(store.folder, temporary));
		const found = await checkImages(plan, store, factsOf);
		requireNoErrors(shownFindings(found, sources, options.accepted), report);
		const packed = await withNativeImages(plan, factsOf);
		const outputs = { ...options, formats, efiStub, texts: textsOf(plan, options), report };
		const written = await namingFullDisk(
			folder,
			async () => await writeOutputs(packed, store, outputs, temporary),
		);
		return { plan: packed, written };
	}).finally(() => progress?.end());
}

/** Returns the files that are written beside those of the formats: the lock file and the bill of materials. */
function textsOf(plan: Plan, { lock, writeLock, sbom, output }: BuildOptions) {
	return [
		...(writeLock && lock !== null
			? [{ path: lock, text: lockText(plan.lock), isInput: true as const }]
			: []),
		...(sbom ? [{ path: `${output}.spdx.json`, text: billOfMaterials(plan, basename(output)) }] : []),
	];
}
