// Reads a lock file: JSON that keeps what one build used for the next ones. What is in it is its caller's.

import { readFile } from 'node:fs/promises';
import { SlipwayError } from '../errors.ts';

export interface LockFileWords {
	/** e.g. `a lock file`. */
	readonly kind: string;
	/** The option or command that writes it, e.g. `--write-lock`. */
	readonly writtenBy: string;
}

/**
 * Returns what `parse` makes of the file's JSON, or null when there is no such file. Throws a `SlipwayError` for one that
 * can't be read and for one that `parse` throws for.
 */
export async function readLockFile<T>(
	file: string,
	parse: (value: unknown) => T,
	{ kind, writtenBy }: LockFileWords,
): Promise<T | null> {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch (cause) {
		const { code, message } = cause as NodeJS.ErrnoException;
		if (code === 'ENOENT') return null;
		throw new SlipwayError('BAD_INPUT', `The lock file ${file} can't be read: ${message}.`, { cause });
	}
	try {
		return parse(JSON.parse(text));
	} catch (cause) {
		const why = (cause as Error).message.replace(/\.?$/, '.');
		const words = `${file} is not ${kind}: ${why} Write it again with ${writtenBy}.`;
		throw new SlipwayError('BAD_INPUT', words, { cause });
	}
}
