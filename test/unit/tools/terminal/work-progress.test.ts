import test from 'ava';
import { isLiveTerminal } from '../../../../tools/terminal/progress-terminal.ts';
import {
	formatSeconds,
	startProgress,
	watchedBytes,
	workLine,
} from '../../../../tools/terminal/work-progress.ts';

const importing = { name: 'importing a.tar', total: 4_000_000, unit: 'bytes' };
const building = { name: 'building', total: 8, unit: 'packages' };

const line = test.macro({
	exec(t, [work, done, doing, elapsedMs]: readonly [typeof importing, number, string, number], text: string) {
		t.is(workLine(work, { done, doing }, elapsedMs), text);
	},
	title: (_, __, text) => `workLine(): ${text}`,
});

test(line, [importing, 1_000_000, '', 2000], 'importing a.tar  1.0 MB of 4.0 MB  25 %  500.0 kB/s  6 s left');
test(
	line,
	[building, 2, 'kernel, redis', 90_000],
	'building  2 of 8 packages  25 %  1 min 30 s  4 min 30 s left  kernel, redis',
);
// One part in a thousand says nothing about the rest.
test(line, [importing, 4000, '', 2000], 'importing a.tar  4.0 kB of 4.0 MB  0 %  2.0 kB/s');

test('workLine() without a total, and without anything to count', (t) => {
	const state = { done: 3_000_000, doing: '' };
	t.is(
		workLine({ name: 'exporting', total: null, unit: 'bytes' }, state, 2000),
		'exporting  3.0 MB  1.5 MB/s',
	);
	t.is(workLine({ name: 'packing web', total: null, unit: null }, state, 12_000), 'packing web  12 s');
});

function run(terminal: { isTTY?: boolean; columns?: number }, untilMs: number) {
	process.env['CI'] = '';
	process.env['TERM'] = 'linux';
	let nowMs = 0;
	let tick = (): void => undefined;
	const written: string[] = [];
	const clock = {
		nowMs: () => nowMs,
		every(_: number, callback: () => void) {
			tick = callback;
			return () => {
				tick = () => undefined;
			};
		},
	};
	const write = (text: string) => written.push(text);
	const progress = startProgress({ ...terminal, write }, building, clock);
	for (; nowMs < untilMs; nowMs += 250) {
		progress.advance(Math.min(8, nowMs / 1000));
		tick();
	}
	progress.end();
	tick();
	return written;
}

test('startProgress() is silent for work of less than a second', (t) => {
	t.deepEqual(run({ isTTY: true, columns: 80 }, 1000), []);
});

test('startProgress() rewrites one line of a terminal, cuts it to the width, and clears it at the end', (t) => {
	const written = run({ isTTY: true, columns: 20 }, 2000);
	t.is(written[0], '\r\u001b[Kbuilding  1 of 8 pa');
	t.is(written.at(-1), '\r\u001b[K');
});

test('startProgress() writes a line every ten seconds where there is no terminal', (t) => {
	const written = run({}, 25_000);
	t.is(written.length, 2);
	t.regex(written[1] ?? '', /^building {2}8 of 8 packages {2}100 % {2}20 s {2}0 s left\n$/);
});

test('isLiveTerminal() is false in a CI system and on a dumb terminal', (t) => {
	const terminal = { write: () => undefined, isTTY: true };
	t.true(isLiveTerminal(terminal, { TERM: 'xterm' }));
	t.false(isLiveTerminal(terminal, { TERM: 'xterm', CI: 'true' }));
	t.false(isLiveTerminal(terminal, { TERM: 'dumb' }));
	t.false(isLiveTerminal({ ...terminal, isTTY: false }, { TERM: 'xterm' }));
});

test('formatSeconds() has two units at most', (t) => {
	t.deepEqual([400, 59_400, 61_000].map(formatSeconds), ['0 s', '59 s', '1 min 1 s']);
});

test('watchedBytes() passes all on, tells how much it was, and ends the progress, also when nobody wants the rest', async (t) => {
	const chunks = [Buffer.from('abc'), Buffer.from('de')];
	const told: unknown[] = [];
	const progress = {
		advance: (done: number) => void told.push(done),
		clear: () => undefined,
		end: () => void told.push('end'),
	};
	const given = async function* (): AsyncGenerator<Uint8Array, void> {
		yield* chunks;
	};
	const passed: Uint8Array[] = [];
	for await (const each of watchedBytes(given(), progress)) passed.push(each);
	t.deepEqual(passed, chunks);
	t.deepEqual(told.splice(0), [3, 5, 'end']);
	for await (const _ of watchedBytes(given(), progress)) break;
	t.deepEqual(told, ['end']);
});
