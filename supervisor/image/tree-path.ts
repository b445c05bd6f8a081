// Normalizes paths of archives, and refuses those that lead out of the tree.

import { SlipwayError } from './slipway-error.ts';

/** Returns `['a', 'b']` for `./a//b/`, and `[]` for the root. Throws for `..`, which no honest archive has. */
export function splitTreePath(path: string, what: string): string[] {
	const parts = path.split('/').filter((part) => part !== '' && part !== '.');
	if (parts.includes('..') || path.includes('\0')) {
		throw new SlipwayError('BAD_IMAGE', `${what} has the path "${path}", which leads out of its tree.`);
	}
	return parts;
}
