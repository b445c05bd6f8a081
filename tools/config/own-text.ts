// Recognizes texts of a YAML file that are in another language, so that `${…}` in them is not a variable of Slipway: the
// contents of files, and scripts that a container's command hands to a shell.

import { type Document, isMap, isPair, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';

type Ancestors = readonly (Document | Node | Pair)[];

/** @param ancestors - of the text, the document first, as `visit` of the library gives them */
export function isOwnText(text: Scalar, ancestors: Ancestors): boolean {
	return isFileContents(ancestors) || isShellScript(text, ancestors);
}

/** `contents` of an entry of `files`, unless the entry says `template: true`. */
function isFileContents(ancestors: Ancestors): boolean {
	const [section, , entry, key] = ancestors.slice(2);
	if (keyOf(section) !== 'files' || keyOf(key) !== 'contents' || !isMap(entry)) return false;
	return entry.get('template') !== true;
}

/** The word after `-c` in a `command` or an `exec`. */
function isShellScript(text: Scalar, ancestors: Ancestors): boolean {
	const [pair, list] = ancestors.slice(-2);
	if (!isSeq(list) || !['command', 'exec'].includes(keyOf(pair) ?? '')) return false;
	const before = list.items[list.items.indexOf(text) - 1];
	return isScalar(before) && typeof before.value === 'string' && /^-[a-z]*c$/.test(before.value);
}

function keyOf(pair: Document | Node | Pair | undefined): string | null {
	if (!isPair(pair) || !isScalar(pair.key)) return null;
	return typeof pair.key.value === 'string' ? pair.key.value : null;
}
