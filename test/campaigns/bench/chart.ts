// The whole boot as a picture for the README: a bar of ours and one of the baseline, each made of its parts, in seconds of the clock
// that counts instructions. SVG 1.1, readable on a light and on a dark page.

import { type Figure, median } from './figure.ts';
import { instructionsPrefix } from './instruction-figures.ts';
import { type BootPart, bootParts, partSeconds } from './milestones.ts';

const width = 820;
const left = 110;
const right = 70;
const barHeight = 34;
const barGap = 18;
const top = 44;
const legendHeight = 58;

const colours: Readonly<Record<BootPart, string>> = {
	kernel: '#4f5d73',
	'init-start': '#7f8fa6',
	root: '#e1a03c',
	'mounts-devices': '#5b8fd9',
	onboot: '#5fae6e',
	containerd: '#b07cc6',
	service: '#d9705b',
};

const title = 'From the kernel’s first line until Redis’ port is open, in instructions of 4 ns';

interface Bar {
	readonly label: string;
	readonly parts: readonly { readonly name: BootPart; readonly seconds: number }[];
}

/** Returns null when the boot was not measured. */
export function bootChart(figures: readonly Figure[]): string | null {
	const ours = barOf('Slipway', figures, (figure) => figure.ours);
	const baseline = barOf('shell init', figures, (figure) => figure.baseline);
	if (ours === null || baseline === null) return null;
	const bars = [ours, baseline];
	const scale = (width - left - right) / Math.max(...bars.map(totalOf));
	const height = top + bars.length * (barHeight + barGap) + legendHeight;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="14" fill="#808080">`,
		`<title>${title}</title>`,
		`<text x="${left}" y="24" font-size="16">${title}</text>`,
		...bars.map((each, index) => drawBar(each, top + index * (barHeight + barGap), scale)),
		...bootParts.map(({ name }, index) => drawLegend(name, index, height - legendHeight + 12)),
		'</svg>\n',
	].join('\n');
}

function barOf(
	label: string,
	figures: readonly Figure[],
	valuesOf: (figure: Figure) => readonly number[],
): Bar | null {
	const milestones = figures
		.filter((figure) => figure.name.startsWith(instructionsPrefix) && valuesOf(figure).length > 0)
		.map((figure) => ({
			name: figure.name.slice(instructionsPrefix.length),
			seconds: median(valuesOf(figure)),
		}));
	const parts = partSeconds(milestones);
	return parts === null ? null : { label, parts };
}

function totalOf({ parts }: Bar): number {
	return parts.reduce((sum, { seconds }) => sum + seconds, 0);
}

function drawBar(bar: Bar, y: number, scale: number): string {
	const middle = y + barHeight / 2 + 5;
	let x = left;
	const boxes = bar.parts.map(({ name, seconds }) => {
		const box = `<rect x="${round(x)}" y="${y}" width="${round(seconds * scale)}" height="${barHeight}" fill="${colours[name]}"><title>${name}: ${seconds.toFixed(2)} s</title></rect>`;
		x += seconds * scale;
		return box;
	});
	return [
		`<text x="${left - 10}" y="${middle}" text-anchor="end">${bar.label}</text>`,
		...boxes,
		`<text x="${round(x + 8)}" y="${middle}">${totalOf(bar).toFixed(1)} s</text>`,
	].join('\n');
}

function drawLegend(name: BootPart, index: number, y: number): string {
	const columns = 4;
	const x = left + (index % columns) * 170;
	const line = y + Math.floor(index / columns) * 24;
	return `<rect x="${x}" y="${line}" width="14" height="14" fill="${colours[name]}"/><text x="${x + 22}" y="${line + 12}">${name}</text>`;
}

function round(value: number): string {
	return value.toFixed(1);
}
