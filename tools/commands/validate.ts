// `slipway validate`: checks YAML files without a build.

import { ConfigError, type Problem } from '../config/config-error.ts';
import { UsageError } from '../errors.ts';
import { readSystem, type SystemFiles, variableOptions } from '../options/read-system.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Checks YAML files as "slipway build" would, together as one system, and prints all problems. It does not look at
images. "-" reads standard input.`;

const notes = `Exit code: 0 without problems, 1 with problems, 2 for wrong usage.`;

const options = {
	json: {
		help: 'print one JSON object, for programs: {"valid": …, "problems": [{"file", "line", "column", "message"}]}',
	},
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
		if (positionals.length === 0)
			throw new UsageError('validate needs a YAML file, for example examples/redis-os.yml.');
		const { var: vars, 'env-file': envFiles } = values;
		const problems = await problemsOf({ files: positionals, vars, envFiles });
		if (values.json) {
			const listed = problems.map(({ at, message }) => ({ ...at, message }));
			streams.out.write(`${JSON.stringify({ valid: problems.length === 0, problems: listed })}\n`);
			return problems.length === 0 ? 0 : 1;
		}
		if (problems.length > 0) throw new ConfigError(problems);
		streams.out.write(`${positionals.join(' + ')}: valid\n`);
		return 0;
	},
};

async function problemsOf(files: SystemFiles): Promise<readonly Problem[]> {
	try {
		await readSystem(files);
		return [];
	} catch (error) {
		if (error instanceof ConfigError) return error.problems;
		throw error;
	}
}
