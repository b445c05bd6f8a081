// Tests with the real addon and real FIFOs, written to as a shim does.

import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openNative } from '../../../../native/open.ts';
import { maxRecordBytes } from '../../../../supervisor/logs/log-line.ts';
import { type LogQuery, readLog } from '../../../../supervisor/logs/log-reader.ts';
import { openServiceLog, type ServiceLogOptions } from '../../../../supervisor/logs/service-log.ts';
import { buildAddon } from '../../../../tools/build/build-addon.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const addon = join(scratchFolder(), 'native.node');
test.before(() => buildAddon(addon));

function setUp(t: ExecutionContext, change: Partial<ServiceLogOptions> = {}) {
	const folder = scratchFolder();
	const fifos = { stdout: join(folder, 'fifo/redis.out'), stderr: join(folder, 'fifo/redis.err') };
	const path = join(folder, 'log/redis.log');
	const options: ServiceLogOptions = {
		native: openNative(addon),
		fifos,
		path,
		forwarder: null,
		wallClock: () => 0,
		now: () => 0,
		limits: { maxBytes: 16 * maxRecordBytes, maxFiles: 4 },
		observer: { onTrouble: (error) => t.fail(String(error)), onRecovered: () => t.fail() },
		...change,
	};
	const open = () => {
		const log = openServiceLog(options);
		t.teardown(() => log.close());
		return log;
	};
	/** Open for reading too, as the shim opens them, so that a crash of PID 1 loses nothing. */
	const shim = () => {
		const [out, err] = [fifos.stdout, fifos.stderr].map((fifo) => openSync(fifo, constants.O_RDWR));
		t.teardown(() => {
			closeSync(out ?? -1);
			closeSync(err ?? -1);
		});
		return {
			out: (text: string | Buffer) => writeSync(out ?? -1, Buffer.from(text)),
			err: (text: string | Buffer) => writeSync(err ?? -1, Buffer.from(text)),
		};
	};
	const records = (query?: LogQuery) =>
		[...readLog(path, query)].map(
			({ stream, partial, text }) => `${stream} ${partial ? 'P' : 'F'} ${text.toString()}`,
		);
	return { open, shim, records, path };
}

test('openServiceLog() writes lines of both streams at once', async (t) => {
	const { open, shim, records } = setUp(t);
	open();
	const { out, err } = shim();
	out('one\n');
	await eventually(() => records().length >= 1, { pauseMs: 5 });
	err('two\n');
	await eventually(() => records().length >= 2, { pauseMs: 5 });
	t.deepEqual(records(), ['stdout F one', 'stderr F two']);
});

test('openServiceLog() writes a line without an end when the container ends', (t) => {
	const { open, shim, records } = setUp(t);
	const log = open();
	const { out, err } = shim();
	out('prompt> ');
	log.drain();
	t.deepEqual(records(), ['stdout P prompt> ']);
	err('and an er');
	log.drain();
	log.end();
	out('next run\n');
	log.drain();
	t.deepEqual(records(), ['stdout P prompt> ', 'stderr F and an er', 'stdout F ', 'stdout F next run']);
});

test('openServiceLog() loses nothing in a crash of PID 1 at any point, and writes nothing twice', (t) => {
	const text = Array.from({ length: 200 }, (_, line) => `line ${line} ${'.'.repeat(line % 7)}`);
	const bytes = Buffer.from(`${text.join('\n')}\n`);
	const { open, shim, records } = setUp(t);
	open().close();
	const { out } = shim();
	for (let from = 0; from < bytes.length; from += 61) {
		// It is not closed, as after a crash.
		const crashing = open();
		out(bytes.subarray(from, from + 61));
		if (from % 2 === 0) crashing.drain();
	}
	open().drain();
	t.deepEqual(
		records(),
		text.map((line) => `stdout F ${line}`),
	);
});

test('openServiceLog() continues, after a crash, a line that ended in a partial record', (t) => {
	const { open, shim, records } = setUp(t);
	const before = open();
	const { out } = shim();
	out('x'.repeat(20_000));
	before.drain();
	const after = open();
	out('y\nz\n');
	after.drain();
	const texts = records().map((record) => record.slice(0, 10) + record.length);
	t.deepEqual(texts, ['stdout P x16393', 'stdout F x3626', 'stdout F z10']);
});

test('openServiceLog() keeps the newest of much output, in order, in files of a bounded size', (t) => {
	const { open, shim, records, path } = setUp(t);
	const log = open();
	const { out } = shim();
	for (let line = 0; line < 60_000; line++) {
		out(`line ${line} of very many\n`);
		if (line % 500 === 0) log.drain();
	}
	log.drain();
	const kept = records().map((record) => Number(/line (\d+)/.exec(record)?.[1]));
	t.is(kept.at(-1), 59_999);
	t.true(kept.length > 10_000);
	t.true(kept.every((line, index) => line === (kept[0] ?? 0) + index));
	t.true(readFileSync(path).length <= 16 * maxRecordBytes);
});

test('attack: empty lines without end are read a few at a time, with a rest between', async (t) => {
	const turns: (() => void)[] = [];
	let stops = 0;
	const native = {
		...openNative(addon),
		watchReadable(_: number, turn: () => void) {
			turns.push(turn);
			return () => void stops++;
		},
	};
	const { open, shim, records } = setUp(t, { native, limits: { maxBytes: 2 ** 23, maxFiles: 2 } });
	open();
	const pipeBytes = 65_536;
	shim().out('\n'.repeat(pipeBytes));
	turns[0]?.();
	t.is(records().length, pipeBytes / 8);
	t.is(stops, 1, 'it rests');
	await eventually(() => turns.length === 3, { pauseMs: 1, what: 'the end of the rest' });
	turns[2]?.();
	t.is(records().length, (2 * pipeBytes) / 8);
});

test('openServiceLog() passes finished records to the forwarder, also when the log fails', (t) => {
	const taken: string[] = [];
	const forwarder = {
		take: (records: Buffer) => taken.push(records.toString()),
		close: () => taken.push('closed'),
	};
	const lost: string[] = [];
	const observer = { onTrouble: (error: unknown) => lost.push(String(error)), onRecovered: () => undefined };
	const { open, shim } = setUp(t, { forwarder, observer, path: '/proc/nope/redis.log' });
	const log = open();
	const { out } = shim();
	out('one\ntw');
	log.drain();
	log.end();
	log.close();
	t.deepEqual(
		taken.map((records) => records.replaceAll(/.{30} stdout /g, '')),
		['F one\n', 'F tw\n', 'closed'],
	);
	t.is(lost.length, 1);
});
