// The boot of a system as a chart: a bar for each stage, onboot container and service over the time since the kernel's start.
// Pure, and without Node: the page draws the shapes as elements, and chart-svg.ts writes them as a document.

import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { type ChartRow, chartRows, seconds } from './boot-rows.ts';
import type { Chart, Shape, ShapeClass } from './chart-shapes.ts';
import { thisBoot } from './system-model.ts';

const layout = { width: 960, label: 150, right: 64, top: 34, row: 20, bar: 12 } as const;
/** A name is cut at the room that it has. */
const maxNameLength = 22;

/** Thirty years. */
const maxSeconds = 1e9;

/** @param nowSeconds - the guest's clock, to which bars that go on reach while the system boots */
export function bootChart(events: readonly GuestEventLine[], nowSeconds: number): Chart {
	// The guest's word: a time that no clock shows would make numbers that no chart has.
	const own = thisBoot(events).filter(({ at }) => at >= 0 && at < maxSeconds);
	const readyAt = own.find(({ event }) => event === 'ready')?.at ?? null;
	const lastAt = own.reduce((last, { at }) => Math.max(last, at), 0);
	const end = Math.max(readyAt === null ? Math.max(nowSeconds, lastAt) : readyAt * 1.04, 0.001);
	const rows = chartRows(own, end);
	const scale = (layout.width - layout.label - layout.right) / end;
	const x = (seconds: number): number => layout.label + Math.min(seconds, end) * scale;
	const height = layout.top + rows.length * layout.row + 14;
	const shapes: Shape[] = gridOf(end, height, x);
	for (const [index, row] of rows.entries()) shapes.push(...rowShapes(row, index, end, x));
	shapes.push(...arrowsOf(rows, x));
	if (readyAt !== null) {
		shapes.push({
			kind: 'line',
			class: 'mark',
			points: [
				[x(readyAt), layout.top - 6],
				[x(readyAt), height - 6],
			],
		});
		shapes.push({
			kind: 'text',
			class: 'mark',
			x: x(readyAt),
			y: layout.top - 12,
			anchor: 'middle',
			text: `ready after ${seconds(readyAt)}`,
		});
	}
	const drawn = new Set(rows.flatMap(({ bars }) => bars.map((bar) => bar.class)));
	shapes.push(...legendAt(height + 4, drawn));
	return { width: layout.width, height: height + 22, shapes };
}

function rowShapes(
	{ name, bars }: ChartRow,
	index: number,
	end: number,
	x: (seconds: number) => number,
): Shape[] {
	const y = layout.top + index * layout.row;
	const shown = name.length <= maxNameLength ? name : `${name.slice(0, maxNameLength - 1)}…`;
	const shapes: Shape[] = [
		{ kind: 'text', class: 'text', x: layout.label - 8, y: y + layout.bar - 1, anchor: 'end', text: shown },
	];
	for (const bar of bars) {
		const to = bar.to ?? end;
		const width = Math.max(x(to) - x(bar.from), 1.5);
		shapes.push({
			kind: 'rect',
			class: bar.class,
			x: x(bar.from),
			y,
			width,
			height: layout.bar,
			title: bar.title,
		});
	}
	const [first] = bars;
	const busy = bars.filter((bar) => bar.class !== 'ready');
	const last = busy.at(-1) ?? first;
	const took = first === undefined || last === undefined ? 0 : (last.to ?? end) - first.from;
	const after = bars.reduce((most, bar) => Math.max(most, x(bar.to ?? end)), 0);
	if (took >= 0.001)
		shapes.push({
			kind: 'text',
			class: 'faint',
			x: after + 5,
			y: y + layout.bar - 2,
			anchor: 'start',
			text: seconds(took),
		});
	return shapes;
}

/** Draws an arrow from the moment in which a service was ready to the start of the one that has waited for it. */
function arrowsOf(rows: readonly ChartRow[], x: (seconds: number) => number): Shape[] {
	const places = new Map(rows.map((row, index) => [row.name, { row, index }]));
	return rows.flatMap((row, index): Shape[] =>
		[...row.waitsFor].flatMap((name): Shape[] => {
			const other = places.get(name);
			const ready = other?.row.bars.find((bar) => bar.class === 'ready');
			const start = row.bars.find((bar) => bar.class === 'starting');
			if (other === undefined || ready === undefined || start === undefined) return [];
			const from = layout.top + other.index * layout.row + layout.bar / 2;
			const to = layout.top + index * layout.row + (index < other.index ? layout.bar : 0);
			const [start_, tip] = [x(ready.from), x(start.from)];
			const back = index < other.index ? 4 : -4;
			return [
				{
					kind: 'line',
					class: 'arrow',
					points: [
						[start_, from],
						[tip, from],
						[tip, to],
					],
				},
				{
					kind: 'line',
					class: 'arrow',
					points: [
						[tip - 3, to + back],
						[tip, to],
						[tip + 3, to + back],
					],
				},
			];
		}),
	);
}

function gridOf(end: number, height: number, x: (seconds: number) => number): Shape[] {
	const step = gridStep(end);
	const shapes: Shape[] = [];
	for (let at = 0; at <= end; at += step) {
		shapes.push({
			kind: 'line',
			class: 'grid',
			points: [
				[x(at), layout.top - 6],
				[x(at), height - 6],
			],
		});
		shapes.push({
			kind: 'text',
			class: 'faint',
			x: x(at),
			y: 10,
			anchor: 'middle',
			text: `${Number(at.toFixed(3))} s`,
		});
	}
	return shapes;
}

const legend: readonly (readonly [name: ShapeClass, text: string])[] = [
	['stage', 'stage'],
	['onboot', 'onboot'],
	['waiting', 'waits'],
	['starting', 'starts'],
	['running', 'runs'],
	['ready', 'ready'],
	['failed', 'failed'],
];

/** Names the colours that the chart has: one that it lacks would say that something is ready, or failed, here. */
function legendAt(y: number, drawn: ReadonlySet<ShapeClass>): Shape[] {
	const named = legend.filter(([name]) => drawn.has(name));
	return named.flatMap(([name, text], index): Shape[] => {
		const x = layout.label + index * 84;
		return [
			{ kind: 'rect', class: name, x, y, width: 10, height: 10, title: text },
			{ kind: 'text', class: 'faint', x: x + 15, y: y + 9, anchor: 'start', text },
		];
	});
}

/** Returns the smallest of 1, 2, 5, 10 … that gives at most ten lines. */
function gridStep(end: number): number {
	const power = 10 ** Math.floor(Math.log10(end / 10));
	return [1, 2, 5, 10].map((factor) => factor * power).find((step) => end / step <= 10) ?? power * 10;
}
