// `make bench`: what users wait for and pay for: building (beside what they would type without us), services
// by their number, booting, memory.
// Prints a table and writes build/bench.json and, of the boot, build/bench.svg. Nothing is asserted: machines differ, and tests must not depend on
// their speed.
//
// `node test/campaigns/bench/run.ts pack` measures that part alone; the parts are pack, scale, boot and memory.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bootFigures, memoryAvailable } from './boot-figures.ts';
import { buildBootSystems } from './boot-systems.ts';
import { bootChart } from './chart.ts';
import type { Figure } from './figure.ts';
import { leastMemoryFigure } from './least-memory.ts';
import { packFigures } from './pack-figures.ts';
import { scaleFigures } from './scale-figures.ts';
import { tableHead, tableLine } from './table.ts';

const output = resolve('build/bench.json');
const chartOutput = resolve('build/bench.svg');
const known = ['pack', 'scale', 'boot', 'memory'];

const asked = process.argv.slice(2);
const unknown = asked.filter((part) => !known.includes(part));
if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}; the parts are ${known.join(', ')}.`);
const parts = asked.length === 0 ? known : asked;

const figures: Figure[] = [];
const note = (each: Figure): void => {
	figures.push(each);
	console.log(tableLine(each));
};

console.log(tableHead);
if (parts.includes('pack')) await packFigures(note);
if (parts.includes('scale')) await scaleFigures(note);
if (parts.includes('boot') || parts.includes('memory')) {
	const systems = await buildBootSystems();
	if (parts.includes('boot')) await bootFigures(systems, note);
	if (parts.includes('memory')) {
		await memoryAvailable(systems, note);
		await leastMemoryFigure(systems, note);
	}
}
const chart = bootChart(figures);
if (chart !== null) writeFileSync(chartOutput, chart);
writeFileSync(output, `${JSON.stringify({ figures }, null, '\t')}\n`);
console.log(`
Medians, with the least and the most. Baseline of building: umoci unpack, then cpio | zstd -T0, tar, or tar | gzip;
of booting and memory: the shell script in test/campaigns/bench/shell-init as init, as LinuxKit's was in 2017.
Peak memory: resident, of all processes together, the pages of their program files included.
Written to ${output}${chart === null ? '' : ` and ${chartOutput}`}.`);
