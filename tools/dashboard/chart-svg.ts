// A chart as an SVG document, and its parts that the page needs too. Pure, and without Node.

import { xmlText } from '../../native/text/xml-text.ts';
import type { Chart, Shape, ShapeClass } from './chart-shapes.ts';

const chartColours: Readonly<Record<ShapeClass, string>> = {
	kernel: '#7c8aa0',
	stage: '#4f83cc',
	onboot: '#8b6fc9',
	waiting: '#c9ced6',
	starting: '#e0a83a',
	running: '#7fb98a',
	ready: '#2f9e57',
	failed: '#d64545',
	grid: '#8884',
	arrow: '#6b7280',
	text: '#1f2937',
	faint: '#6b7280',
	mark: '#2f9e57',
};

/** Returns an SVG document without scripts or references. */
export function chartSvg(chart: Chart, title: string): string {
	const head = 26;
	const { width, height } = { width: chart.width, height: chart.height + head };
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, 'DejaVu Sans', sans-serif">`,
		`<title>${xmlText(title)}</title>`,
		`<rect width="${width}" height="${height}" fill="#fff"/>`,
		`<text x="8" y="18" font-size="14" font-weight="600" fill="${chartColours.text}">${xmlText(title)}</text>`,
		`<g transform="translate(0 ${head})">`,
		...chart.shapes.map(shapeSvg),
		'</g>',
		'</svg>',
		'',
	].join('\n');
}

function shapeSvg(shape: Shape): string {
	const colour = chartColours[shape.class];
	switch (shape.kind) {
		case 'rect': {
			const place = `x="${fixed(shape.x)}" y="${fixed(shape.y)}" width="${fixed(shape.width)}" height="${fixed(shape.height)}"`;
			return `<rect ${place} rx="2" fill="${colour}"><title>${xmlText(shape.title)}</title></rect>`;
		}
		case 'line':
			return `<polyline points="${pointsOf(shape.points)}" fill="none" stroke="${colour}"/>`;
		case 'text':
			return `<text x="${fixed(shape.x)}" y="${fixed(shape.y)}" font-size="11" text-anchor="${shape.anchor}" fill="${colour}">${xmlText(shape.text)}</text>`;
	}
}

export function pointsOf(points: readonly (readonly [number, number])[]): string {
	return points.map(([x, y]) => `${fixed(x)},${fixed(y)}`).join(' ');
}

function fixed(value: number): string {
	return String(Math.round(value * 100) / 100);
}
