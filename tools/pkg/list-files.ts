// All that is in a folder, folders themselves left out.

import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Paths relative to the folder, sorted; links are listed and not followed. */
export function listFiles(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((each) => !each.isDirectory())
		.map((each) => relative(folder, join(each.parentPath, each.name)))
		.sort();
}
