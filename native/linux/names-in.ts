// The names in a folder, for callers to which a missing folder is the same as an empty one: /sys, settings in /etc.

import { readdirSync } from 'node:fs';

/** Returns the names in the kernel's order, and none when the folder can't be read. */
export function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
