// Paths inside a root tree, as they come from archives: cleaned, and refused when they would leave the tree.

import { SlipwayError } from '../errors.ts';

/** `./a//b/` -> `['a', 'b']`; the root itself is `[]`. A `..` is an error: no honest archive has one. */
export function splitTreePath(path: string, what: string): string[] {
	const parts = path.split('/').filter((part) => part !== '' && part !== '.');
	if (parts.includes('..') || path.includes('\0')) {
		throw new SlipwayError('BAD_IMAGE', `${what} has the path "${path}", which leads out of its tree.`);
	}
	return parts;
}
