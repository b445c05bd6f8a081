// `slipway validate`: what is wrong with YAML files, without building anything.

import { ConfigError, type Problem } from '../config/config-error.ts';
import { UsageError } from '../errors.ts';
import { readSystem, type SystemFiles } from '../options/read-system.ts';
import { readArguments, variableOptions } from '../terminal/arguments.ts';
import type { Command } from './command.ts';

const help = `Usage: slipway validate [options] FILE.yml...

Checks YAML files as "slipway build" would, together as one system, and tells all that is wrong with them. Images are
not looked at. "-" reads standard input.

Options:
  --json            tell machines: {"valid": …, "problems": [{"file", "line", "column", "message"}]}
  --var NAME=VALUE  for \${NAME} in the values, as for "slipway build"
  --env-file FILE   the same, a NAME=VALUE a line
  --help            this text

Exit code: 0 when there is nothing wrong, 1 otherwise, 2 wrong usage.
`;

export const validateCommand: Command = {
	name: 'validate',
	summary: 'check YAML files without building',
	help,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, { json: { type: 'boolean' }, ...variableOptions });
		if (positionals.length === 0)
			throw new UsageError('validate needs a YAML file, for example examples/redis-os.yml.');
		const { var: vars = [], 'env-file': envFiles = [] } = values;
		const problems = await problemsOf({ files: positionals, vars, envFiles });
		if (values.json === true) {
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
