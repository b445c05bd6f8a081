// The location of the local image store: `--cache`, then the environment, then the XDG base directory specification.

import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { homeFolder, xdgFolder } from '../files/home-folder.ts';

/**
 * Throws a `SlipwayError` when something else than a directory is there.
 *
 * @param cacheOption - the value of `--cache`
 */
export function storeFolder(cacheOption: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
	const folder = storePath(cacheOption, env);
	if (isOther(folder))
		throw new SlipwayError(
			'NO_FILE',
			`The image store ${folder} is no directory. Name one by --cache or $SLIPWAY_CACHE; it is made when it is not there.`,
		);
	return folder;
}

/** Returns the path without a look at what is there. */
export function storePath(cacheOption: string | undefined, env: NodeJS.ProcessEnv): string {
	const named = cacheOption ?? env['SLIPWAY_CACHE'];
	if (named !== undefined && named !== '') return resolve(named);
	return join(xdgFolder(env['XDG_CACHE_HOME']) ?? join(homeFolder(), '.cache'), 'slipway');
}

function isOther(path: string): boolean {
	try {
		return !(statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true);
	} catch {
		// Whoever reads or writes there is told why it fails.
		return false;
	}
}
