// Makes the FIFOs that containerd's shims write to.

import { dirname } from 'node:path';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { Native } from '../../native/native.ts';

/** Keeps an existing FIFO and its content. Throws `SyscallError`. */
export function makeFifo(native: Pick<Native, 'mkfifo'>, path: string): void {
	makeFolder(dirname(path));
	try {
		native.mkfifo(path, 0o600);
	} catch (error) {
		// It exists since before a crash of PID 1, and may hold output.
		if (!hasCode(error, 'EEXIST')) throw error;
	}
}
