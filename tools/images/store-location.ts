// The location of the local image store: `--cache`, then the environment, then the XDG base directory specification.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** @param cacheOption - the value of `--cache` */
export function storeFolder(cacheOption: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
	const named = cacheOption ?? nonEmpty(env['SLIPWAY_CACHE']);
	if (named !== undefined) return resolve(named);
	return join(nonEmpty(env['XDG_CACHE_HOME']) ?? join(homedir(), '.cache'), 'slipway');
}

function nonEmpty(value: string | undefined): string | undefined {
	return value === '' ? undefined : value;
}
