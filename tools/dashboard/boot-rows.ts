// What took how long in a boot: the bars of the chart, from the events. Pure, and without Node.

import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import type { ShapeClass } from './chart-shapes.ts';

interface Bar {
	readonly from: number;
	/** Is null while it goes on. */
	readonly to: number | null;
	readonly class: ShapeClass;
	readonly title: string;
}

export interface ChartRow {
	readonly name: string;
	readonly bars: Bar[];
	/** The services that it waits for or has waited for. */
	readonly waitsFor: Set<string>;
}

/** @param end - the guest's time at which the chart ends */
export function chartRows(events: readonly GuestEventLine[], end: number): ChartRow[] {
	const rows = new Map<string, ChartRow>();
	const rowOf = (key: string, name: string): ChartRow => {
		const row = rows.get(key) ?? { name, bars: [], waitsFor: new Set() };
		rows.set(key, row);
		return row;
	};
	const [first] = events;
	if (first !== undefined)
		rowOf('kernel', 'kernel').bars.push({
			from: 0,
			to: first.at,
			class: 'kernel',
			title: `kernel: until ${seconds(first.at)}`,
		});
	for (const event of events) {
		if (event.at > end) break;
		if (event.event === 'stage' && event.state !== 'skipped') {
			const from = startOf(event);
			const title = `${event.stage}: ${Math.round((event.at - from) * 1000)} ms, ${event.msg}`;
			rowOf(`stage ${event.stage}`, event.stage).bars.push({
				from,
				to: event.at,
				class: event.state === 'failed' ? 'failed' : 'stage',
				title,
			});
		}
		if (event.event === 'onboot')
			addOnboot(rowOf(`onboot ${event.name}`, event.name.replace(/^\d{3}-/, '')), event);
		if (event.event === 'service') addPhase(rowOf(`service ${event.name}`, event.name), event);
	}
	// An event tells of a stage when it ends, and of a service when it begins.
	return [...rows.values()]
		.filter(({ bars }) => bars.length > 0)
		.toSorted((a, b) => (a.bars[0]?.from ?? 0) - (b.bars[0]?.from ?? 0));
}

type OneShotEvent = Extract<GuestEventLine, { readonly event: 'onboot' | 'onshutdown' }>;
type ServiceEvent = Extract<GuestEventLine, { readonly event: 'service' }>;

function addOnboot({ name, bars }: ChartRow, event: OneShotEvent): void {
	closeLast(bars, event.at);
	if (event.state === 'started')
		bars.push({ from: event.at, to: null, class: 'onboot', title: `${name}: runs` });
	else {
		const last = bars.pop();
		const title = `${name}: ${event.durationMs ?? 0} ms, ${event.msg}`;
		const from = last?.from ?? startOf(event);
		bars.push({ from, to: event.at, class: event.state === 'failed' ? 'failed' : 'onboot', title });
	}
}

const phaseClasses: Readonly<Record<string, ShapeClass>> = {
	waiting: 'waiting',
	starting: 'starting',
	running: 'running',
	ready: 'ready',
	unhealthy: 'failed',
	backoff: 'failed',
	failed: 'failed',
	stopping: 'waiting',
};

function addPhase({ name, bars, waitsFor }: ChartRow, event: ServiceEvent): void {
	closeLast(bars, event.at);
	for (const other of waitedFor(event)) waitsFor.add(other);
	const known = Object.hasOwn(phaseClasses, event.state) ? phaseClasses[event.state] : undefined;
	const kind = event.ready === true ? 'ready' : known;
	if (kind !== undefined)
		bars.push({ from: event.at, to: null, class: kind, title: `${name}: ${event.msg}` });
}

/** An event at the end of something says how long that took; one of a hostile guest may say anything. */
function startOf({ at, durationMs = 0 }: { readonly at: number; readonly durationMs?: number }): number {
	return Math.min(Math.max(0, at - durationMs / 1000), at);
}

/** PID 1 says `waits for redis and web, which is failed`. */
function waitedFor({ state, reason = '' }: ServiceEvent): readonly string[] {
	if (state !== 'waiting' || !reason.startsWith('waits for ')) return [];
	return reason
		.slice('waits for '.length)
		.split(' and ')
		.map((each) => each.replace(/, which is \w+$/, ''));
}

function closeLast(bars: Bar[], at: number): void {
	const last = bars.at(-1);
	if (last !== undefined && last.to === null) bars[bars.length - 1] = { ...last, to: at };
}

/** Formats a time for people. */
export function seconds(value: number): string {
	return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(value < 10 ? 2 : 1)} s`;
}
