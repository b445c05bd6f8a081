// One measured quantity: all its runs, so that a reader sees the spread, and beside them those of what a person would
// do without us, taken in turn with ours in the same run.

export interface Figure {
	readonly name: string;
	readonly unit: 's' | 'MB';
	readonly ours: readonly number[];
	/** Empty where there is nothing to compare with. */
	readonly baseline: readonly number[];
	/** The ratio of the medians, ours to the baseline's; null without a baseline. */
	readonly ratio: number | null;
}

export function figure(
	name: string,
	unit: Figure['unit'],
	ours: readonly number[],
	baseline: readonly number[] = [],
): Figure {
	const ratio = baseline.length === 0 ? null : median(ours) / median(baseline);
	return { name, unit, ours, baseline, ratio };
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
