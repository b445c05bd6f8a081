// The configuration that a command's YAML files make together.

import { loadConfig } from '../config/load-config.ts';
import { readSources } from '../config/read-sources.ts';
import type { SystemConfig } from '../config/system-config.ts';
import { resolveTemplates } from '../config/templates.ts';
import { readVariables } from '../config/variables.ts';
import { packageReference } from '../package/package-reference.ts';

export interface SystemFiles {
	/** YAML files; `-` is the standard input. */
	readonly files: readonly string[];
	/** `NAME=VALUE` each. */
	readonly vars: readonly string[];
	readonly envFiles: readonly string[];
}

/** Throws `ConfigError` with all problems of all files. */
export async function readSystem({ files, vars, envFiles }: SystemFiles): Promise<SystemConfig> {
	const variables = await readVariables(vars, envFiles);
	const sources = await readSources(files);
	return await resolveTemplates(loadConfig(sources, variables), sources, packageReference);
}
