import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { logFilePath } from '../../../../supervisor/logs/log-files.ts';
import { type LogStream, recordHeader } from '../../../../supervisor/logs/log-line.ts';
import { type LogQuery, lastLogLines, readLog } from '../../../../supervisor/logs/log-reader.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

interface Written {
	readonly text: string;
	readonly timeMs?: number;
	readonly stream?: LogStream;
	readonly partial?: boolean;
}

const record = ({ text, timeMs = 0, stream = 'stdout', partial = false }: Written) =>
	`${recordHeader(timeMs, stream, partial ? 'partial' : 'full')}${text}\n`;

/** Makes a log of these files, the oldest first. */
function logOf(...files: readonly (readonly Written[])[]): string {
	const path = join(scratchFolder(), 'log/redis.log');
	mkdirSync(dirname(path));
	for (const [index, records] of files.entries()) {
		writeFileSync(logFilePath(path, files.length - 1 - index), records.map(record).join(''));
	}
	return path;
}

const lines = (from: number, to: number): Written[] =>
	Array.from({ length: to - from }, (_, index) => ({ text: `line ${from + index}`, timeMs: from + index }));

const texts = (path: string, query?: LogQuery) =>
	[...readLog(path, query)].map(({ text }) => text.toString());

test('readLog() reads across the files, from the oldest to the newest', (t) => {
	const path = logOf(lines(0, 3000), lines(3000, 6000), lines(6000, 6010));
	t.deepEqual(
		texts(path),
		lines(0, 6010).map(({ text }) => text),
	);
});

test('readLog() yields nothing when there is no log, and throws when it is no file', (t) => {
	const folder = scratchFolder();
	t.deepEqual(texts(join(folder, 'nope/redis.log')), []);
	mkdirSync(join(folder, 'redis.log'));
	t.throws(() => texts(join(folder, 'redis.log')), { code: 'EISDIR' });
});

const last = test.macro({
	exec(t, count: number, expected: readonly string[]) {
		const path = logOf(lines(0, 4), [], lines(4, 6), lines(6, 8));
		t.deepEqual(texts(path, { lines: count }), expected);
	},
	title: (_, count) => `readLog() yields the last ${count} lines of several files`,
});

test(last, 0, []);
test(last, 1, ['line 7']);
test(last, 2, ['line 6', 'line 7']);
test(last, 3, ['line 5', 'line 6', 'line 7']);
test(last, 5, ['line 3', 'line 4', 'line 5', 'line 6', 'line 7']);
test(
	last,
	100,
	lines(0, 8).map(({ text }) => text),
);

test('readLog() finds the last lines wherever a block ends', (t) => {
	const many = Array.from({ length: 900 }, (_, line) => ({ text: `${line} ${'x'.repeat(line % 331)}` }));
	const path = logOf(many.slice(0, 500), many.slice(500));
	for (let count = 1; count <= 901; count += 9) {
		t.deepEqual(
			texts(path, { lines: count }),
			many.slice(-count).map(({ text }) => text),
		);
	}
});

test('readLog() counts a split line once, and yields all of its partial records', (t) => {
	const path = logOf([
		{ text: 'before' },
		{ text: 'be', partial: true },
		{ text: 'g', partial: true },
		{ text: 'un' },
		{ text: 'after' },
	]);
	t.deepEqual(texts(path, { lines: 2 }), ['be', 'g', 'un', 'after']);
});

test('readLog() yields a line that has no end yet as partial, and counts it', (t) => {
	const path = logOf(lines(0, 3));
	appendFileSync(path, recordHeader(3, 'stdout', 'partial'));
	appendFileSync(path, 'prompt> ');
	const records = [...readLog(path, { lines: 2 })];
	t.deepEqual(
		records.map(({ text, partial }) => `${text} ${partial}`),
		['line 2 false', 'prompt>  true'],
	);
});

test('readLog() filters by stream, and counts only its lines', (t) => {
	const path = logOf([
		{ text: 'e1', stream: 'stderr' },
		{ text: 'o1' },
		{ text: 'e2', stream: 'stderr' },
		{ text: 'o2' },
		{ text: 'o3' },
	]);
	t.deepEqual(texts(path, { stream: 'stderr' }), ['e1', 'e2']);
	t.deepEqual(texts(path, { stream: 'stderr', lines: 1 }), ['e2']);
	t.deepEqual(texts(path, { stream: 'stdout', lines: 2 }), ['o2', 'o3']);
});

test('readLog() reads since a time, and opens no file that is older', (t) => {
	const path = logOf(lines(0, 10), lines(10, 20), lines(20, 30));
	t.deepEqual(texts(path, { sinceMs: 27 }), ['line 27', 'line 28', 'line 29']);
	t.deepEqual(texts(path, { sinceMs: 18, lines: 20 }), texts(path).slice(18));
	t.deepEqual(texts(path, { sinceMs: 18, lines: 1 }), ['line 29']);
	utimesSync(logFilePath(path, 2), 1, 1);
	utimesSync(logFilePath(path, 1), 1, 1);
	t.deepEqual(texts(path, { sinceMs: 5000 }), []);
});

test('readLog() leaves out lines that are no records, however long, and keeps those after them', (t) => {
	const path = logOf(lines(0, 1));
	appendFileSync(path, `not ours\n${'x'.repeat(200_000)}\n`);
	appendFileSync(path, record({ text: 'after' }));
	t.deepEqual(texts(path), ['line 0', 'after']);
	t.deepEqual(texts(path, { lines: 1 }), ['after']);
});

test('lastLogLines() returns texts without blank ones, and none of a missing log', (t) => {
	const path = logOf([...lines(0, 5), { text: '' }]);
	t.deepEqual(lastLogLines(path, 3), ['line 3', 'line 4']);
	t.deepEqual(lastLogLines(`${path}/nope`, 3), []);
});
