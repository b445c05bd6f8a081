// `slipway validate`: checks YAML files without a build.

import { checkImages } from '../check/check-images.ts';
import { requireNoErrors, type ShownFinding, shownFindings } from '../check/finding.ts';
import { ConfigError, type Problem } from '../config/config-error.ts';
import { UsageError } from '../errors.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import { storeFolder } from '../images/store-location.ts';
import { acceptOption } from '../options/check-options.ts';
import { storeOption } from '../options/common-options.ts';
import {
	type ReadSystem,
	readSystemTexts,
	type SystemFiles,
	variableOptions,
} from '../options/read-system.ts';
import { openSegmentCache } from '../output/segment-cache.ts';
import { imageSource } from '../resolve/image-source.ts';
import { lockFileOf, readLock } from '../resolve/lock-file.ts';
import { makePlan } from '../resolve/plan.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Checks YAML files as "slipway build" would, together as one system, and prints all problems. It looks at the images
with --images only. "-" reads standard input.`;

const notes = `Exit code: 0 without problems, 1 with problems, 2 for wrong usage. A warning is no problem.`;

const options = {
	json: {
		help:
			'print one JSON object, for programs: {"valid": …, "problems": [{"file", "line", "column", "message"}]}; with --images ' +
			'each problem also has "check" and "severity", which is "error" or "warning"',
	},
	images: {
		help:
			'look into the images, too, as "slipway build" does: whether each command, library and bind is there. All images must be ' +
			'in the store',
	},
	...acceptOption,
	...storeOption,
	...variableOptions,
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
		const last = positionals.at(-1);
		if (last === undefined)
			throw new UsageError('validate needs a YAML file, for example web.yml (slipway new web).');
		const { var: vars, 'env-file': envFiles, cache } = values;
		const { system, problems } = await readOrProblems({ files: positionals, vars, envFiles });
		const found =
			system === null || !values.images
				? []
				: shownFindings(
						await imageFindings(system, cache, lockFileOf(last)),
						system.sources,
						new Set(values.accept),
					);
		const isValid = problems.length === 0 && found.every(({ severity }) => severity === 'warning');
		if (values.json) {
			streams.out.write(
				`${JSON.stringify({ valid: isValid, problems: [...problems, ...found].map(listed) })}\n`,
			);
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
): Promise<{ readonly system: ReadSystem | null; readonly problems: readonly Problem[] }> {
	try {
		return { system: await readSystemTexts(files), problems: [] };
	} catch (error) {
		if (error instanceof ConfigError) return { system: null, problems: error.problems };
		throw error;
	}
}

async function imageFindings({ config }: ReadSystem, cache: string | undefined, lockFile: string | null) {
	return await removingOnSignals(async (temporary) => {
		const store = openStoreWithPackages(storeFolder(cache), temporary);
		const plan = await makePlan(config, {
			source: imageSource(store, 'never', async (reference) => {
				throw new Error(`${reference} is pulled.`);
			}),
			lock: lockFile === null ? null : await readLock(lockFile),
			// Who may sign an image is asked by a build.
			rules: [],
			willLock: false,
			lockingCommand: null,
			verify: async () => undefined,
		});
		return await checkImages(plan, store, openSegmentCache(store.folder, temporary));
	});
}

function listed({ at, message, ...more }: Problem | ShownFinding) {
	const { check, severity } = { check: undefined, severity: undefined, ...more };
	return { ...at, message, ...(check === undefined ? {} : { check, severity }) };
}
