// Gives words to the failures of a store that can't be written: its disk is full or read-only, or it is another user's.

import { SlipwayError } from '../errors.ts';
import { isSystemError } from '../files/system-error.ts';

/** Runs work that writes large files to nothing but the store. Its other errors pass. */
export async function explainingTrouble<T>(storeFolder: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw storeTrouble(storeFolder, error) ?? error;
	}
}

/** Returns null for an error that is not about the store as a whole. */
function storeTrouble(folder: string, error: unknown): SlipwayError | null {
	if (!isSystemError(error)) return null;
	const { code = '', path } = error;
	const isElsewhere = path !== undefined && !path.startsWith(folder);
	if (isElsewhere) return null;
	const isDenied = ['EACCES', 'EPERM'].includes(code) && path !== undefined;
	const words = isDenied
		? 'belongs to another user. Choose another one with --cache.'
		: ({
				ENOSPC: 'is on a full disk. Make room, for example with "slipway cache prune".',
				EDQUOT: 'has reached the quota of its disk. Make room, for example with "slipway cache prune".',
				EROFS: 'is on a read-only disk. Choose another one with --cache.',
			}[code] ?? null);
	if (words === null) return null;
	return new SlipwayError('NO_FILE', `The image store ${folder} ${words} (${error.message})`, {
		cause: error,
	});
}
