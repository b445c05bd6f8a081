// The name that somebody may have meant. Pure.

/** Null where none is near: a third of it, and one letter at least, may be wrong. */
export function nearestName(text: string, names: readonly string[]): string | null {
	let nearest: string | null = null;
	let least = Math.max(1, Math.floor(text.length / 3)) + 1;
	for (const name of names) {
		const distance = editDistance(text, name);
		if (distance < least) [nearest, least] = [name, distance];
	}
	return nearest;
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
	let above = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			row.push(Math.min(change, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
		}
		above = row;
	}
	return above[b.length] ?? 0;
}
