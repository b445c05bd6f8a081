import {
	existsSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { errorMessage } from '../../../../native/text/error-message.ts';
import { logFilePath } from '../../../../supervisor/logs/log-files.ts';
import { maxRecordBytes, recordHeader } from '../../../../supervisor/logs/log-line.ts';
import { readLog } from '../../../../supervisor/logs/log-reader.ts';
import { LogRing } from '../../../../supervisor/logs/log-ring.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const emptyBuffer = Buffer.alloc(0);
const ringLimits = { maxBytes: 2 * maxRecordBytes, maxFiles: 3 };

function setUp(path = join(scratchFolder(), 'log/redis.log'), limits = ringLimits) {
	const reports: string[] = [];
	const ring = new LogRing(path, limits, {
		onTrouble: (error) => reports.push(errorMessage(error)),
		onRecovered: (lost) => reports.push(`${lost} lost`),
	});
	return { path, ring, reports };
}

const record = (text: string) => Buffer.concat([recordHeader(0, 'stdout', 'full'), Buffer.from(`${text}\n`)]);
const part = (text: string) => Buffer.concat([recordHeader(0, 'stdout', 'partial'), Buffer.from(text)]);
const texts = (path: string) => [...readLog(path)].map(({ text }) => text.toString());
const numbered = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

test('LogRing.append() makes the folder, and continues an existing log', (t) => {
	const { path, ring } = setUp();
	ring.append(record('one'), emptyBuffer);
	ring.close();
	const again = setUp(path).ring;
	t.is(again.resume()?.unfinished, null);
	again.append(record('two'), emptyBuffer);
	t.deepEqual(texts(path), ['one', 'two']);
});

test('LogRing.append() rotates by size, whatever the writes are, and never exceeds its limit', (t) => {
	for (const perWrite of [1, 7, 1000]) {
		const { path, ring } = setUp();
		const lines = numbered(0, 5000);
		for (let from = 0; from < lines.length; from += perWrite) {
			ring.append(Buffer.concat(lines.slice(from, from + perWrite).map(record)), emptyBuffer);
		}
		const sizes = [0, 1, 2].map((age) => statSync(logFilePath(path, age)).size);
		t.true(
			sizes.every((size) => size <= ringLimits.maxBytes),
			`${sizes}`,
		);
		t.false(existsSync(logFilePath(path, 3)));
		const kept = texts(path);
		t.true(kept.length > 600);
		t.deepEqual(kept, lines.slice(-kept.length), 'the newest, in order, once');
	}
});

test('LogRing.append() with only one file starts it again', (t) => {
	const { path, ring } = setUp(undefined, { maxBytes: 1, maxFiles: 1 });
	for (const line of numbered(0, 1000)) ring.append(record(line), emptyBuffer);
	t.false(existsSync(logFilePath(path, 1)));
	t.is(texts(path).at(-1), 'line 999');
});

test('LogRing.append() overwrites the unfinished record, longer or finished', (t) => {
	const { path, ring } = setUp();
	ring.append(record('one'), part('t'));
	ring.append(emptyBuffer, part('tw'));
	t.is(readFileSync(path, 'utf8'), `${record('one')}${part('tw')}`);
	ring.append(Buffer.concat([record('two'), record('three')]), part('f'));
	ring.append(record('four'), emptyBuffer);
	t.is(readFileSync(path, 'utf8'), ['one', 'two', 'three', 'four'].map(record).join(''));
});

test('LogRing.append() leaves no byte of an unfinished record that has become shorter', (t) => {
	const { path, ring } = setUp();
	ring.append(emptyBuffer, part('longer'));
	ring.append(record('l'), emptyBuffer);
	t.is(readFileSync(path, 'utf8'), `${record('l')}`);
});

test('LogRing.append() rotates before a record that might not fit, also before an unfinished one', (t) => {
	const { path, ring } = setUp();
	while (statSync(path, { throwIfNoEntry: false })?.size !== undefined || texts(path).length === 0) {
		ring.append(record('x'.repeat(1000)), part('y'));
		if (existsSync(logFilePath(path, 1))) break;
	}
	t.is(readFileSync(path, 'utf8'), `${part('y')}`);
	t.true(readFileSync(logFilePath(path, 1), 'utf8').endsWith('x\n'));
});

test('LogRing.resume() returns the record that an earlier PID 1 left unfinished, and overwrites it', (t) => {
	const { path, ring } = setUp();
	ring.append(record('one'), part('tw'));
	const again = setUp(path).ring;
	const end = again.resume();
	t.deepEqual(end?.unfinished, { stream: 'stdout', record: part('tw') });
	again.append(record('two'), emptyBuffer);
	t.deepEqual(texts(path), ['one', 'two']);
});

test('LogRing.resume() knows which streams are in the middle of a partial line', (t) => {
	const { path, ring } = setUp();
	ring.append(Buffer.concat([part('half\n'), record('whole'), part('again\n')]), emptyBuffer);
	t.deepEqual(setUp(path).ring.resume()?.partial, new Set(['stdout']));
});

test('LogRing.resume() ends a record that a power cut left incomplete', (t) => {
	const { path, ring } = setUp();
	ring.append(record('one'), emptyBuffer);
	writeFileSync(path, '1970-01-01T00:0', { flag: 'a' });
	const again = setUp(path).ring;
	t.is(again.resume()?.unfinished, null);
	again.append(record('two'), emptyBuffer);
	t.deepEqual(texts(path), ['one', 'two']);
	ring.close();
});

test('LogRing loses nothing after a crash between two renames of a rotation', (t) => {
	const { path, ring } = setUp(undefined, { ...ringLimits, maxFiles: 4 });
	const lines = numbered(0, 800);
	for (const line of lines) ring.append(record(line), emptyBuffer);
	t.true(existsSync(logFilePath(path, 2)));
	const before = texts(path);
	renameSync(logFilePath(path, 2), logFilePath(path, 3));
	renameSync(logFilePath(path, 1), logFilePath(path, 2));
	t.deepEqual(texts(path), before);
	const again = setUp(path, { ...ringLimits, maxFiles: 4 }).ring;
	again.resume();
	for (const line of numbered(800, 1100)) again.append(record(line), emptyBuffer);
	t.deepEqual(texts(path), [...before, ...numbered(800, 1100)], 'the free number was used');
});

test('LogRing removes older files than its limit allows', (t) => {
	const { path, ring } = setUp();
	mkdirSync(join(path, '..'), { recursive: true });
	writeFileSync(logFilePath(path, 7), '');
	for (const line of numbered(0, 1000)) ring.append(record(line), emptyBuffer);
	t.false(existsSync(logFilePath(path, 7)));
});

test('LogRing reports once that lines are lost, counts them, and continues when it can', (t) => {
	const folder = scratchFolder();
	const path = join(folder, 'log/redis.log');
	// A file in place of the folder fails as a read-only disk does, for root too.
	writeFileSync(join(folder, 'log'), '');
	const { ring, reports } = setUp(path);
	t.is(ring.resume(), null);
	ring.append(Buffer.concat(['a', 'b', 'c'].map(record)), part('d'));
	ring.append(record('d'), emptyBuffer);
	t.is(ring.lostLines, 4);
	t.is(reports.length, 1);
	rmSync(join(folder, 'log'));
	ring.append(record('e'), emptyBuffer);
	t.deepEqual(reports.slice(1), ['4 lost']);
	t.is(ring.lostLines, 0);
	t.deepEqual(texts(path), ['e']);
});

test('LogRing loses lines on a full disk', (t) => {
	const { ring, reports } = setUp('/dev/full');
	ring.append(record('a'), emptyBuffer);
	t.true(ring.lostLines <= 1);
	t.is(reports.length, 1);
});

test('LogRing continues after another program has removed or emptied the file', (t) => {
	const { path, ring } = setUp();
	ring.append(record('one'), part('tw'));
	rmSync(path);
	ring.append(record('two'), emptyBuffer);
	t.deepEqual(texts(path), ['two']);
	truncateSync(path);
	ring.append(record('three'), emptyBuffer);
	t.is(readFileSync(path, 'utf8'), `${record('three')}`);
});
