// fnmatch(3) without flags, for modules.alias (depmod(8)). It does not use regular expressions: compiling hundreds of them
// takes longer than the rest of the search for drivers, above all on an emulated processor.

/** A glob may have `*`, `?`, `[set]`, `[!set]`, and `\` before a character. */
export function matchesGlob(text: string, glob: string): boolean {
	let inText = 0;
	let inGlob = 0;
	// The last star, and the end of the text that it matches so far.
	let star = -1;
	let starEnd = 0;
	while (inText < text.length) {
		if (glob[inGlob] === '*') {
			star = inGlob;
			starEnd = inText;
			inGlob += 1;
			continue;
		}
		const next = afterOne(glob, inGlob, text[inText] ?? '');
		if (next !== null) {
			inGlob = next;
			inText += 1;
			continue;
		}
		if (star < 0) return false;
		starEnd += 1;
		inText = starEnd;
		inGlob = star + 1;
	}
	while (glob[inGlob] === '*') inGlob += 1;
	return inGlob === glob.length;
}

/** Returns the place after the glob's part at `at` when that part matches `character`, else null. */
function afterOne(glob: string, at: number, character: string): number | null {
	const part = glob[at];
	if (part === '?') return at + 1;
	if (part === '\\' && at + 1 < glob.length) return glob[at + 1] === character ? at + 2 : null;
	const setEnd = part === '[' ? glob.indexOf(']', at + (glob[at + 1] === '!' ? 3 : 2)) : -1;
	if (setEnd < 0) return part === character ? at + 1 : null;
	const isNegated = glob[at + 1] === '!';
	const isInside = isInSet(glob.slice(at + (isNegated ? 2 : 1), setEnd), character);
	return isInside === isNegated ? null : setEnd + 1;
}

/** @param set - e.g. `a-z0_` */
function isInSet(set: string, character: string): boolean {
	for (let at = 0; at < set.length; at += 1) {
		const first = set[at] ?? '';
		if (set[at + 1] === '-' && at + 2 < set.length) {
			if (first <= character && character <= (set[at + 2] ?? '')) return true;
			at += 2;
		} else if (first === character) return true;
	}
	return false;
}
