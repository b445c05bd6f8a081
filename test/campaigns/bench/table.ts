// Figures as text: a line each, `NAME  MEDIAN (LEAST to MOST, SPREAD)` of ours, the same of the baseline, and the ratio.

import { type Figure, median } from './figure.ts';

const nameWidth = 52;
const valuesWidth = 34;

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
	if (values.length < 2) return `${format(median(values))} ${unit}`;
	const least = Math.min(...values);
	const most = Math.max(...values);
	const percent = (100 * (most - least)) / median(values);
	return `${format(median(values))} ${unit} (${format(least)} to ${format(most)}, ${percent.toFixed(1)}%)`;
}

function format(value: number): string {
	return value < 100 ? value.toFixed(2) : value.toFixed(0);
}
