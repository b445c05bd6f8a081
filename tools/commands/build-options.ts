// The options of `slipway build`, from words to values.

import { basename, join } from 'node:path';
import { readArguments, variableOptions } from './arguments.ts';
import { UsageError } from './command.ts';

export interface BuildOptions {
	/** Of `--format`, as written. */
	readonly formats: readonly string[];
	/** The path of the outputs without their endings. */
	readonly output: string;
	/** YAML files; `-` is the standard input. */
	readonly files: readonly string[];
	readonly cache: string | undefined;
	/** `NAME=VALUE` each. */
	readonly vars: readonly string[];
	readonly envFiles: readonly string[];
}

export function parseBuildOptions(args: readonly string[]): BuildOptions {
	const { values, positionals } = readArguments(args, {
		format: { type: 'string', multiple: true },
		name: { type: 'string' },
		dir: { type: 'string' },
		cache: { type: 'string' },
		...variableOptions,
	});
	const [first] = positionals;
	if (first === undefined)
		throw new UsageError('build needs a YAML file, for example examples/redis-os.yml.');
	const name = values.name ?? (first === '-' ? undefined : basename(first).replace(/\.ya?ml$/, ''));
	if (name === undefined) throw new UsageError('build from the standard input needs --name NAME.');
	if (name === '' || name.includes('/')) {
		throw new UsageError(`--name ${name}: expected a name without "/"; --dir DIR says where the files go.`);
	}
	return {
		formats: values.format ?? [],
		output: join(values.dir ?? '.', name),
		files: positionals,
		cache: values.cache,
		vars: values.var ?? [],
		envFiles: values['env-file'] ?? [],
	};
}
