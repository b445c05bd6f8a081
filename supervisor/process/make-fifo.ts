// A FIFO by its name, as containerd's shims write to.

import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { Native } from '../../native/native.ts';

/** Leaves one that is there, with what is in it. */
export function makeFifo(native: Pick<Native, 'mkfifo'>, path: string): void {
	makeFolder(dirname(path));
	try {
		native.mkfifo(path, 0o600);
	} catch (error) {
		// It is there from before a crash of PID 1, perhaps with output in it.
		if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
	}
}
