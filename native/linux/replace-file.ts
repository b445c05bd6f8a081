// Replaces a file as a whole: a reader, also one after a crash of PID 1, sees the old contents or the new ones.

import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.ts';

/**
 * Writes `PATH.new` and renames it. Makes the folder where it is missing. Throws the file system's own error. There is
 * no fsync: the guest replaces files in memory only, or such that the next boot writes again.
 */
export function replaceFile(path: string, contents: string | Uint8Array, mode: number): void {
	const temporary = `${path}.new`;
	makeFolder(dirname(path));
	writeFileSync(temporary, contents, { mode });
	renameSync(temporary, path);
}
