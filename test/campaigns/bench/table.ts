// Figures as text: a line each, `NAME  MEDIAN (LEAST to MOST)` of ours, the same of the baseline, and the ratio.

import { type Figure, median } from './figure.ts';

const nameWidth = 44;
const valuesWidth = 28;

export const tableHead = [
	'what'.padEnd(nameWidth),
	'ours'.padEnd(valuesWidth),
	'baseline'.padEnd(valuesWidth),
	'ratio',
].join('');

export function tableLine({ name, unit, ours, baseline, ratio }: Figure): string {
	const columns = [name.padEnd(nameWidth), spread(ours, unit).padEnd(valuesWidth)];
	if (ratio !== null) columns.push(spread(baseline, unit).padEnd(valuesWidth), ratio.toFixed(2));
	return columns.join('').trimEnd();
}

function spread(values: readonly number[], unit: string): string {
	const range =
		values.length < 2 ? '' : ` (${format(Math.min(...values))} to ${format(Math.max(...values))})`;
	return `${format(median(values))} ${unit}${range}`;
}

function format(value: number): string {
	return value < 100 ? value.toFixed(2) : value.toFixed(0);
}
