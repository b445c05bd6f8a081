// `make bench`: what users wait for and pay for: building (beside what they would type without us), services
// by their number, booting, memory.
// Prints a table and writes build/bench.json and, of the boot by instructions, build/bench.svg. Nothing is asserted: machines
// differ, and tests must not depend on their speed.
//
// `node test/campaigns/bench/run.ts pack` measures that part alone; `parts` lists them.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SlipwayError, UsageError } from '../../../tools/errors.ts';
import { buildBootSystems } from './boot-systems.ts';
import { bootChart } from './chart.ts';
import { engineFigures } from './engine-figures.ts';
import type { Figure } from './figure.ts';
import { instructionFigures } from './instruction-figures.ts';
import { leastMemoryFigure } from './least-memory.ts';
import { mediaFigures } from './media-figures.ts';
import { nativeFigures } from './native-figures.ts';
import { packFigures } from './pack-figures.ts';
import { programFigures } from './program-figures.ts';
import { scaleFigures } from './scale-figures.ts';
import { tableHead, tableLine } from './table.ts';
import { memoryAvailable, wallFigures } from './wall-figures.ts';

const output = resolve('build/bench.json');
const chartOutput = resolve('build/bench.svg');
const parts = [
	'pack',
	'media',
	'scale',
	'programs',
	'boot-instructions',
	'onboot',
	'boot-wall',
	'boot-native',
	'memory',
] as const;

async function measure(asked: readonly string[], note: (figure: Figure) => void): Promise<void> {
	const unknown = asked.filter((part) => !parts.some((each) => each === part));
	if (unknown.length > 0)
		throw new UsageError(`Unknown: ${unknown.join(', ')}; the parts are ${parts.join(', ')}.`);
	const isAsked = (...names: readonly (typeof parts)[number][]): boolean =>
		asked.length === 0 || names.some((name) => asked.includes(name));
	console.log(tableHead);
	if (isAsked('pack')) await packFigures(note);
	if (isAsked('media')) await mediaFigures(note);
	if (isAsked('scale')) await scaleFigures(note);
	if (isAsked('programs')) await programFigures(note);
	if (isAsked('boot-native')) await nativeFigures(note);
	if (isAsked('onboot')) await engineFigures(note);
	if (!isAsked('boot-instructions', 'boot-wall', 'memory')) return;
	const systems = await buildBootSystems();
	if (isAsked('boot-instructions')) await instructionFigures(systems, note);
	if (isAsked('boot-wall')) await wallFigures(systems, note);
	if (!isAsked('memory')) return;
	await memoryAvailable(systems, note);
	await leastMemoryFigure(systems, note);
}

const figures: Figure[] = [];
try {
	await measure(process.argv.slice(2), (each) => {
		figures.push(each);
		console.log(tableLine(each));
	});
} catch (error) {
	const isExpected = error instanceof SlipwayError || error instanceof UsageError;
	console.error(isExpected ? `make bench: ${error.message} No figure was written.` : error);
	process.exit(error instanceof UsageError ? 2 : 1);
}
const chart = bootChart(figures);
if (chart !== null) writeFileSync(chartOutput, chart);
writeFileSync(output, `${JSON.stringify({ figures }, null, '\t')}\n`);
console.log(`
Medians, with the least and the most. Baseline of building: umoci unpack, then cpio | zstd -T0, tar, or tar | gzip;
of booting and memory: the shell script in test/campaigns/bench/shell-init as init, as LinuxKit's was in 2017, in an
initrd by gzip. "instructions" are seconds since the kernel's first line, at 4 ns for each instruction, 1 CPU.
Peak memory: resident, of all processes together, the pages of their program files included.
Written to ${output}${chart === null ? '' : ` and ${chartOutput}`}.`);
