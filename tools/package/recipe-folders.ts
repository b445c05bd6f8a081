// The directories of packages that a `pkg` command works on: those on its command line, else all of pkg/.

import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../errors.ts';

export function recipeFolders(command: string, named: readonly string[]): readonly string[] {
	if (named.length > 0) return named;
	const found = globSync('pkg/*/build.yml').map(dirname).sort();
	if (found.length > 0) return found;
	throw new UsageError(
		`${command} needs a directory with a build.yml, for example pkg/redis: here is no directory pkg with recipes. "slipway pkg new DIR" writes a recipe.`,
	);
}
