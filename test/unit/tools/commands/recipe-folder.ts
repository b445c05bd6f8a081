// Makes a directory with a recipe without Debian packages, so that apt gets no query.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { scratchFolder } from '../../../helpers/scratch.ts';

export function recipeFolder(
	t: ExecutionContext,
	name: string,
	yaml = '',
	parent = scratchFolder(t),
): string {
	const folder = join(parent, name);
	mkdirSync(folder, { recursive: true });
	writeFileSync(
		join(folder, 'build.yml'),
		`image: ${name}\nfiles: [{ path: a, contents: "${name}" }]\n${yaml}`,
	);
	return folder;
}
