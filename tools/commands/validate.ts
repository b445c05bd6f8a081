// `slipway validate`: checks YAML files without a build.

import { jsonLine } from '../../native/text/json-text.ts';
import { checkImages } from '../check/check-images.ts';
import { factsReader } from '../check/facts-reader.ts';
import { requireNoErrors, type ShownFinding, shownFindings } from '../check/finding.ts';
import { sourceProblems } from '../check/source-check.ts';
import { ConfigError, type Problem } from '../config/config-error.ts';
import { UsageError } from '../errors.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import { storeFolder } from '../images/store-location.ts';
import { platformOf } from '../options/arch-option.ts';
import { planBuild } from '../options/build-plan.ts';
import { acceptOption } from '../options/check-options.ts';
import { type PlanOptions, planOptions, planOptionsOf } from '../options/plan-options.ts';
import { type ReadSystem, readSystem, type SystemFiles } from '../options/read-system.ts';
import { chooseFormats } from '../output/formats.ts';
import { openSegmentCache } from '../output/segment-cache.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import type { Streams } from '../terminal/streams.ts';
import { startProgress } from '../terminal/work-progress.ts';

const about = `Checks YAML files as "slipway build" would, together as one system, and prints all problems. It looks at the images
with --images only, to which the options about images belong. "-" reads standard input.`;

const notes = `Exit code: 0 without problems, 1 with problems, 2 for wrong usage. A warning is no problem.`;

const options = {
	json: {
		help:
			'print one JSON object, for programs: {"valid": …, "problems": [{"file", "line", "column", "message"}]}; with --images ' +
			'each problem also has "check" and "severity", which is "error" or "warning"',
	},
	images: {
		help:
			'look into the images, too, as "slipway build" does: whether each command, library and bind is there, and each file below "~/". ' +
			'What the store lacks is pulled; with --offline it is an error',
	},
	...acceptOption,
	...planOptions,
} as const satisfies OptionTable;

export const validateCommand: Command = {
	name: 'validate',
	summary: 'check YAML files without building',
	operands: 'FILE.yml...',
	operandsComplete: 'file',
	about,
	options,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		if (positionals.length === 0)
			throw new UsageError('validate needs a YAML file, for example web.yml (slipway new web).');
		const planning = planOptionsOf(values, positionals);
		const { system, problems } = await readOrProblems(planning, values.images);
		const found =
			system === null || problems.length > 0 || !values.images
				? []
				: shownFindings(
						await imageFindings(system, planning, streams),
						system.sources,
						new Set(values.accept),
					);
		const isValid = problems.length === 0 && found.every(({ severity }) => severity === 'warning');
		if (values.json) {
			streams.out.write(jsonLine({ valid: isValid, problems: [...problems, ...found].map(listed) }));
			return isValid ? 0 : 1;
		}
		if (problems.length > 0) throw new ConfigError(problems);
		requireNoErrors(found, (line) => void streams.err.write(`${line}\n`));
		streams.out.write(`${positionals.join(' + ')}: valid\n`);
		return 0;
	},
};

async function readOrProblems(
	files: SystemFiles,
	isOwnBuild: boolean,
): Promise<{ readonly system: ReadSystem | null; readonly problems: readonly Problem[] }> {
	try {
		const system = await readSystem(files);
		// A file below "~/" is of the person who builds, who may be another one. The look of a build is for that person.
		const named = system.config.files.filter(({ source = '' }) => isOwnBuild || !source.startsWith('~/'));
		return { system, problems: await sourceProblems({ ...system.config, files: named }, system.sources) };
	} catch (error) {
		if (error instanceof ConfigError) return { system: null, problems: error.problems };
		throw error;
	}
}

async function imageFindings(system: ReadSystem, planning: PlanOptions, streams: Streams) {
	// The system is right also where this machine lacks the tools for the outputs.
	const { leftOut } = chooseFormats([], system.config.outputs, planning.processor, () => []);
	for (const reason of leftOut) streams.err.write(`outputs: ${reason}; it is left out.\n`);
	return await removingOnSignals(async (temporary) => {
		const store = openStoreWithPackages(
			storeFolder(planning.cache),
			temporary,
			planning.maxUnpackedBytes,
			platformOf(planning.processor),
		);
		const plan = await planBuild(system, planning, store, streams);
		const progress = startProgress(streams.err, { name: 'checking the images', total: null, unit: null });
		const readFacts = factsReader(store.blobs, openSegmentCache(store.folder, temporary));
		const factsOf: typeof readFacts = async (image) => {
			progress.advance(0, image.reference);
			return await readFacts(image);
		};
		return await checkImages(plan, store, factsOf).finally(() => progress.end());
	});
}

function listed({ at, message, ...more }: Problem | ShownFinding) {
	const { check, severity } = { check: undefined, severity: undefined, ...more };
	return { ...at, message, ...(check === undefined ? {} : { check, severity }) };
}
