// Reads the configuration that a command's YAML files make together.

import { loadConfig } from '../config/load-config.ts';
import { type ConfigSource, readSources } from '../config/read-sources.ts';
import type { SystemConfig } from '../config/system-config.ts';
import { resolveTemplates } from '../config/templates.ts';
import { readVariables } from '../config/variables.ts';
import { packageReference } from '../package/package-reference.ts';
import type { OptionTable } from '../terminal/option-table.ts';

export const variableOptions = {
	var: {
		value: 'NAME=VALUE',
		isRepeatable: true,
		group: 'Variables',
		help:
			'a variable for ${NAME} in the values of the YAML. A variable that is not set is an error; ${NAME:-default} ' +
			'has a default; $${NAME} stands for the text ${NAME}',
	},
	'env-file': {
		value: 'FILE',
		isRepeatable: true,
		completes: 'file',
		group: 'Variables',
		help: 'a file of variables, one NAME=VALUE a line. --var overrides it',
	},
} as const satisfies OptionTable;

export interface SystemFiles {
	/** YAML files; `-` is the standard input. */
	readonly files: readonly string[];
	/** `NAME=VALUE` each. */
	readonly vars: readonly string[];
	readonly envFiles: readonly string[];
}

export interface ReadSystem {
	readonly config: SystemConfig;
	/** The texts of the files, for positions of what is found later. */
	readonly sources: readonly ConfigSource[];
}

/** Throws `ConfigError` with all problems of all files. */
export async function readSystem({ files, vars, envFiles }: SystemFiles): Promise<ReadSystem> {
	const variables = await readVariables(vars, envFiles);
	const sources = await readSources(files);
	const config = await resolveTemplates(loadConfig(sources, variables), sources, packageReference);
	return { config, sources };
}
