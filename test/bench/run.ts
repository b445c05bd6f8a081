// `make bench`: what users wait for and pay for, measured on the Redis OS: building, booting, memory. Prints a table
// and writes build/bench.json. Nothing is asserted: machines differ, and tests must not depend on their speed.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bootFigures } from './boot-figures.ts';
import { buildFigures } from './build-figures.ts';
import { type Figure, median } from './figure.ts';
import { leastMemory } from './least-memory.ts';

const output = resolve('build/bench.json');

const figures: Figure[] = [];
const note = (figure: Figure): void => {
	figures.push(figure);
	const { name, ours, unit } = figure;
	const range = ours.length < 2 ? '' : `   (${format(Math.min(...ours))} to ${format(Math.max(...ours))})`;
	console.log(`${name.padEnd(36)} ${format(median(ours)).padStart(8)} ${unit.padEnd(3)}${range}`);
};

const name = await buildFigures(note);
await bootFigures(name, note);
for (const append of ['', 'rootfstype=ramfs']) {
	const title = ['least-memory', append].filter((part) => part !== '').join(', ');
	note({ name: title, unit: 'MB', ours: [await leastMemory(name, append)] });
}
writeFileSync(output, `${JSON.stringify({ figures }, null, '\t')}\n`);
console.log(`\nWritten to ${output}.`);

function format(value: number): string {
	return value < 100 ? value.toFixed(2) : value.toFixed(0);
}
