// Tells errors of system calls, which say something about the machine, from faults of the program.

import { dirname, resolve } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
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

/** Runs work that writes the file or directory `path`, which the user has named: its own errors name a temporary file, or a part of the path. */
export async function namingTarget<T>(path: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (cause) {
		if (!isSystemError(cause) || !isBeside(cause.path, path)) throw cause;
		const why = hasCode(cause, 'EEXIST', 'ENOTDIR')
			? 'a part of the path is a file, not a directory'
			: getSystemErrorMessage(cause.errno ?? 0);
		throw new SlipwayError('NO_FILE', `${path} can't be written: ${why}.`, { cause });
	}
}

/** Reports whether `found` is in a directory that is the target's, or above it: what the work reads is elsewhere. */
function isBeside(found: string | undefined, target: string): boolean {
	if (found === undefined) return false;
	const folder = dirname(resolve(found));
	return resolve(target).startsWith(folder === '/' ? folder : `${folder}/`);
}
