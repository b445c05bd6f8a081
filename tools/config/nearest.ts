// The known word nearest to a misspelt one.

/** Null when nothing is near: more than a third of the letters would have to change. */
export function nearestWord(word: string, known: readonly string[]): string | null {
	let best: string | null = null;
	let bestDistance = Math.floor(Math.max(word.length, 3) / 3) + 1;
	for (const candidate of known) {
		const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
		if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
	}
	return best;
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
