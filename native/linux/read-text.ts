// Small text files, for callers to which a missing file is the same as an empty one: /proc, /sys, settings in /etc.

import { readFileSync } from 'node:fs';

/** Returns the file's text, and an empty text when it can't be read. */
export function readTextOrEmpty(path: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
	try {
		return readFileSync(path, encoding);
	} catch {
		return '';
	}
}
