import test from 'ava';
import type { GuestEvent, GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { bootChart } from '../../../../tools/dashboard/boot-chart.ts';
import type { Shape } from '../../../../tools/dashboard/chart-shapes.ts';
import { chartSvg } from '../../../../tools/dashboard/chart-svg.ts';

function at(seconds: number, event: GuestEvent, msg = 'done'): GuestEventLine {
	return { ...event, at: seconds, msg };
}

const boot: readonly GuestEventLine[] = [
	at(1, { event: 'init', resumed: false, version: '1' }),
	at(2, { event: 'stage', stage: 'root', state: 'done', durationMs: 500 }),
	at(2, { event: 'stage', stage: 'clock', state: 'skipped', durationMs: 1 }),
	at(2, { event: 'onboot', name: '000-dhcpcd', state: 'started' }),
	at(4, { event: 'onboot', name: '000-dhcpcd', state: 'done', durationMs: 2000 }),
	at(4, {
		event: 'service',
		name: 'web',
		state: 'waiting',
		reason: 'waits for redis and other, which is failed',
	}),
	at(4, { event: 'service', name: 'redis', state: 'starting' }),
	at(5, { event: 'service', name: 'redis', state: 'running' }),
	at(6, { event: 'service', name: 'redis', state: 'ready', ready: true }),
	at(6, { event: 'service', name: 'web', state: 'starting' }),
	at(8, { event: 'service', name: 'web', state: 'running', ready: true }),
	at(8, { event: 'ready' }),
	at(100, { event: 'service', name: 'web', state: 'backoff', reason: 'exited' }),
];

function rects(events: readonly GuestEventLine[], now: number): Extract<Shape, { kind: 'rect' }>[] {
	return bootChart(events, now).shapes.filter((shape) => shape.kind === 'rect');
}

test('bootChart() draws each phase for as long as it took', (t) => {
	const shapes = rects(boot, 200);
	const of = (kind: string, title: string) =>
		shapes.find((each) => each.class === kind && each.title.startsWith(title));
	const second = (of('onboot', 'dhcpcd: 2000 ms')?.width ?? 0) / 2;
	t.true(second > 50);
	const widths = [
		of('kernel', 'kernel')?.width,
		of('stage', 'root: 500 ms')?.width,
		of('waiting', 'web')?.width,
		of('starting', 'redis')?.width,
		of('running', 'redis')?.width,
		of('starting', 'web')?.width,
	].map((width) => Math.round((10 * (width ?? 0)) / second) / 10);
	t.deepEqual(widths, [1, 0.5, 2, 1, 1, 2]);
	t.is(of('stage', 'clock'), undefined, 'a stage that is not needed has no bar');
	t.is(of('failed', 'web'), undefined, 'what comes after the boot is not in its chart');
});

test('bootChart() grows while the system boots', (t) => {
	const running = boot.slice(0, 4);
	const [early, late] = [3, 30].map((now) =>
		rects(running, now).find(({ title }) => title === 'dhcpcd: runs'),
	);
	t.true((late?.width ?? 0) > (early?.width ?? 0));
	const texts = (now: number) =>
		bootChart(running, now).shapes.flatMap((shape) => (shape.kind === 'text' ? shape.text : []));
	t.true(texts(30).includes('28.0 s'), 'the bar that goes on tells its time');
});

test('bootChart() draws an arrow from what was waited for', (t) => {
	const arrows = bootChart(boot, 8).shapes.filter(
		(shape) => shape.kind === 'line' && shape.class === 'arrow',
	);
	t.is(arrows.length, 2, 'a line and its tip');
});

function texts(events: readonly GuestEventLine[], now: number): readonly string[] {
	return bootChart(events, now).shapes.flatMap((shape) => (shape.kind === 'text' ? shape.text : []));
}

test('bootChart() names the colours that it has: nothing is ready when a service was stopped before', (t) => {
	const stopped = [
		...boot.slice(0, 2),
		at(4, { event: 'service', name: 'web', state: 'starting' }),
		at(5, { event: 'service', name: 'web', state: 'stopped' }),
	];
	const words = ['stage', 'onboot', 'waits', 'starts', 'runs', 'ready', 'failed'];
	const named = (events: readonly GuestEventLine[]) =>
		texts(events, 8).filter((text) => words.includes(text));
	t.deepEqual(named(stopped), ['stage', 'starts']);
	t.deepEqual(named(boot), ['stage', 'onboot', 'waits', 'starts', 'runs', 'ready']);
	t.deepEqual(named([]), []);
});

test('bootChart() says after what time the system was ready, which it may no longer be', (t) => {
	t.true(texts(boot, 200).includes('ready after 8.00 s'));
	t.false(texts(boot.slice(0, 4), 200).some((text) => text.startsWith('ready')));
});

test('bootChart() shows the last boot, and PID 1 that came back is no new boot', (t) => {
	const again = [...boot, at(0.5, { event: 'init', resumed: false, version: '1' })];
	t.is(rects(again, 1).filter(({ class: kind }) => kind === 'onboot').length, 0);
	const resumed = [...boot, at(101, { event: 'init', resumed: true, version: '1' })];
	t.is(rects(resumed, 1).length, rects(boot, 1).length);
});

test('bootChart() of a system without an event is a chart with finite numbers', (t) => {
	const chart = JSON.stringify(bootChart([], 0));
	t.true(chart.includes('"0 s"'));
	// JSON has null for NaN and Infinity.
	t.notRegex(chart, /null/);
});

test('chartSvg() keeps a hostile name text', (t) => {
	const name = '</text><script>alert(1)</script>\u0000';
	const events = [...boot.slice(0, 5), at(6, { event: 'service', name, state: 'starting' }, '"><img src=x>')];
	const svg = chartSvg(bootChart(events, 7), name);
	t.false(svg.includes('<script') || svg.includes('<img') || svg.includes('\u0000'));
	t.true(svg.includes('&lt;/text&gt;'));
});

test('bootChart() has only numbers, whatever times a guest names', (t) => {
	const hostile = [
		...boot.slice(0, 4),
		at(1e300, { event: 'stage', stage: 'a', state: 'done', durationMs: 1 }),
		at(3, { event: 'stage', stage: 'b', state: 'done', durationMs: -1e308 }),
		at(3, { event: 'stage', stage: 'c', state: 'done' } as unknown as GuestEvent),
		at(-5, { event: 'service', name: 'constructor', state: 'constructor' as 'ready' }),
	];
	t.notRegex(chartSvg(bootChart(hostile, 5), 'os'), /NaN|Infinity|undefined|function/);
});
