// The boot as a picture for the README: a bar of ours and one of the baseline, each made of its parts, in seconds.
// SVG 1.1, readable on a light and on a dark page.

import { bootParts } from './boot-marks.ts';
import { type Figure, median } from './figure.ts';

const width = 820;
const left = 110;
const right = 70;
const barHeight = 34;
const barGap = 18;
const top = 44;
const legendHeight = 58;

const colours: Readonly<Record<(typeof bootParts)[number], string>> = {
	'init-start': '#7f8fa6',
	'root-copy': '#e1a03c',
	'mounts-devices': '#5b8fd9',
	onboot: '#5fae6e',
	'containerd-up': '#b07cc6',
	'service-start': '#d9705b',
};

const title = 'From the kernel’s “Run /init” until Redis runs, 1 CPU';

interface Bar {
	readonly label: string;
	readonly parts: readonly { readonly name: (typeof bootParts)[number]; readonly seconds: number }[];
}

/** Returns null when the boot was not measured. */
export function bootChart(figures: readonly Figure[]): string | null {
	const parts = bootParts.flatMap((name) => figures.find((each) => each.name === name) ?? []);
	if (parts.length < bootParts.length) return null;
	const bar = (label: string, values: (figure: Figure) => readonly number[]): Bar => ({
		label,
		parts: bootParts.map((name, index) => {
			const figure = parts[index];
			return { name, seconds: figure === undefined ? 0 : Math.max(0, median(values(figure))) };
		}),
	});
	const bars = [bar('Slipway', (figure) => figure.ours), bar('shell init', (figure) => figure.baseline)];
	const scale = (width - left - right) / Math.max(...bars.map(totalOf));
	const height = top + bars.length * (barHeight + barGap) + legendHeight;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="14" fill="#808080">`,
		`<title>${title}</title>`,
		`<text x="${left}" y="24" font-size="16">${title}</text>`,
		...bars.map((each, index) => drawBar(each, top + index * (barHeight + barGap), scale)),
		...bootParts.map((name, index) => drawLegend(name, index, height - legendHeight + 12)),
		'</svg>\n',
	].join('\n');
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

function drawLegend(name: (typeof bootParts)[number], index: number, y: number): string {
	const columns = 3;
	const x = left + (index % columns) * 200;
	const line = y + Math.floor(index / columns) * 24;
	return `<rect x="${x}" y="${line}" width="14" height="14" fill="${colours[name]}"/><text x="${x + 22}" y="${line + 12}">${name}</text>`;
}

function round(value: number): string {
	return value.toFixed(1);
}
