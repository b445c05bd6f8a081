// Where the local image store is: `--cache`, then the environment, then the XDG base directory specification.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export function storeFolder(cacheOption: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
	const named = cacheOption ?? nonEmpty(env['SLIPWAY_CACHE']);
	if (named !== undefined) return resolve(named);
	return join(nonEmpty(env['XDG_CACHE_HOME']) ?? join(homedir(), '.cache'), 'slipway');
}

function nonEmpty(value: string | undefined): string | undefined {
	return value === '' ? undefined : value;
}
