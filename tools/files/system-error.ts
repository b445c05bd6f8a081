// Tells errors of system calls, which say something about the machine, from faults of the program.

import { hasCode } from '../../native/linux/has-code.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { SlipwayError } from '../errors.ts';

/** Runs work that writes large files below `folder` alone: a write(2) to a full disk fails without a path. */
export async function namingFullDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (cause) {
		if (!hasCode(cause, 'ENOSPC', 'EDQUOT')) throw cause;
		throw new SlipwayError('NO_FILE', `The disk of ${folder} is full: ${errorMessage(cause)}.`, { cause });
	}
}

/** Reports whether Node has made the error for a system call that failed. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && 'syscall' in error && 'code' in error;
}
