// One measured quantity: all its runs, so that a reader sees the spread.

export interface Figure {
	readonly name: string;
	readonly unit: 's' | 'MB';
	readonly ours: readonly number[];
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
