// Finds the name that a misspelt one may stand for. Pure.

/** Longer texts are no slips of the pen, and comparing them would take time that grows with the square of their length. */
const maxLength = 64;
/** Among more names than this, none is looked for: an error is not worth the time. */
const maxNames = 1000;

/** Returns null when no name is near: at most a third of the letters, and always one, may differ. Ignores case. */
export function nearestName(text: string, names: readonly string[]): string | null {
	if (text.length > maxLength || names.length > maxNames) return null;
	let nearest: string | null = null;
	let least = Math.max(1, Math.floor(text.length / 3)) + 1;
	for (const name of names) {
		// At least as many letters differ as one is longer than the other.
		if (Math.abs(name.length - text.length) >= least) continue;
		const distance = editDistance(text.toLowerCase(), name.toLowerCase());
		if (distance < least) [nearest, least] = [name, distance];
	}
	return nearest;
}

/** Levenshtein's distance in which two swapped letters count once, a row at a time. */
function editDistance(a: string, b: string): number {
	let before: readonly number[] = [];
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			next.push(
				Math.min(
					replaced,
					(row[j] ?? 0) + 1,
					(next[j - 1] ?? 0) + 1,
					swapped ? (before[j - 2] ?? 0) + 1 : replaced,
				),
			);
		}
		[before, row] = [row, next];
	}
	return row[b.length] ?? 0;
}
