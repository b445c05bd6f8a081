// `slipway diff`: what differs between two systems.

import { jsonText } from '../../native/text/json-text.ts';
import { readSources } from '../config/read-sources.ts';
import { UsageError } from '../errors.ts';
import { compareSystems, isSame } from '../explain/compare.ts';
import { differenceReport } from '../explain/difference-report.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { planOptions, planOptionsOf } from '../options/plan-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { readTree } from './explain.ts';

const about = `Shows what differs between the systems of two YAML files or built systems: images, packages, files, configuration
and size.`;

const notes = `Exit code: 0 when the systems have the same contents, 1 when they differ, 2 for trouble, as diff(1).`;

const options = {
	all: { help: 'list all files that differ' },
	json: { help: 'print one JSON object, for programs' },
	...planOptions,
} as const satisfies OptionTable;

const listedFiles = 20;

export const diffCommand: Command = {
	name: 'diff',
	summary: 'show what differs between two systems',
	operands: 'A B',
	operandsComplete: 'file',
	about,
	options,
	notes,
	failureExitCode: 2,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const [a, b, ...more] = positionals;
		if (a === undefined || b === undefined || more.length > 0)
			throw new UsageError('diff needs two systems: slipway diff A.yml B.yml');
		// Packing the first may take a while.
		for (const each of [a, b]) if (/\.ya?ml$/.test(each)) await readSources([each]);
		return await removingOnSignals(async (temporary) => {
			const before = await readTree(planOptionsOf(values, [a]), temporary, streams, true);
			const after = await readTree(planOptionsOf(values, [b]), temporary, streams, true);
			const difference = compareSystems(before, after);
			const same = isSame(difference);
			if (values.json) streams.out.write(jsonText({ same, ...difference }));
			else if (!same)
				streams.out.write(differenceReport(difference, values.all ? Number.POSITIVE_INFINITY : listedFiles));
			return same ? 0 : 1;
		});
	},
};
