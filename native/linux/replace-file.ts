// Replaces a file as a whole: a reader, also one after a crash of PID 1, sees the old contents or the new ones.

import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.ts';

/**
 * Writes the temporary file `PATH.new` and renames it. Makes the folder if it is missing. Throws the file system's own
 * error. Does not call fsync: the guest replaces only files in memory, or files that the next boot writes again.
 */
export function replaceFile(path: string, contents: string | Uint8Array, mode: number): void {
	const temporary = `${path}.new`;
	makeFolder(dirname(path));
	writeFileSync(temporary, contents, { mode });
	renameSync(temporary, path);
}
