// All that is in a folder, at any depth.

import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Paths relative to the folder, sorted; folders are listed too, links are listed and not followed. */
export function listFiles(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.map((each) => relative(folder, join(each.parentPath, each.name)))
		.sort();
}
