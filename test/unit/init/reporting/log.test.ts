import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { BoundedWriter } from '../../../../init/reporting/bounded-writer.ts';
import { LineSplitter } from '../../../../init/reporting/event-port.ts';
import { createLog } from '../../../../init/reporting/log.ts';
import { LogFile } from '../../../../init/reporting/log-file.ts';

function setUpLog() {
	const json: string[] = [];
	const human: string[] = [];
	const log = createLog({
		json: (line) => json.push(line),
		console: (line) => human.push(line),
		nowSeconds: () => 2.761,
	});
	return { log, json, human };
}

test('createLog() writes a stage as JSON and as a line for people', (t) => {
	const { log, json, human } = setUpLog();
	log.event({ event: 'stage', stage: 'root', state: 'done', durationMs: 1200 }, 'moved 812 files, 96 MB');
	t.is(json.length, 1);
	t.deepEqual(JSON.parse(json[0] ?? ''), {
		level: 'info',
		at: 2.761,
		event: 'stage',
		stage: 'root',
		state: 'done',
		durationMs: 1200,
		msg: 'moved 812 files, 96 MB',
	});
	t.deepEqual(human, ['[   2.761] root          moved 812 files, 96 MB in 1.20 s\r\n']);
});

test('createLog() goes on with the duration after a reason that is a sentence', (t) => {
	const { log, human } = setUpLog();
	log.event(
		{ event: 'run', name: 'box', state: 'failed', durationMs: 1200, isForgotten: false },
		'It is cut.',
	);
	t.deepEqual(human, ['[   2.761] box           FAILED: It is cut in 1.20 s\r\n']);
});

test('createLog() tells the console what a person who types can do without, until a shutdown begins', (t) => {
	const urgent: boolean[] = [];
	const log = createLog({
		json: () => undefined,
		console: (_, isUrgent) => urgent.push(isUrgent),
		nowSeconds: () => 1,
	});
	log.event({ event: 'service', name: 'web', state: 'running' }, 'running');
	log.info({}, 'a note');
	log.warn({}, 'a warning');
	log.event({ event: 'service', name: 'web', state: 'failed' }, 'failed');
	log.event({ event: 'shutdown', action: 'poweroff', timeoutMs: 1 }, 'poweroff');
	log.event({ event: 'service', name: 'web', state: 'stopped' }, 'stopped');
	t.deepEqual(urgent, [false, false, true, true, true, true]);
});

test('createLog() keeps a stage that is not needed from the console', (t) => {
	const { log, json, human } = setUpLog();
	log.event({ event: 'stage', stage: 'clock', state: 'skipped', durationMs: 1, reason: 'it is right' }, '');
	t.is(json.length, 1);
	t.deepEqual(human, []);
});

test('createLog() marks failures and keeps the stack of an error', (t) => {
	const { log, json, human } = setUpLog();
	log.event({ event: 'onboot', name: '000-dhcpcd', state: 'failed' }, 'exit code 1');
	log.error({ err: new Error('broken') }, 'two\nlines');
	t.deepEqual(human, [
		'[   2.761] 000-dhcpcd    FAILED: exit code 1\r\n',
		'[   2.761] init          ERROR: two\r\nlines\r\n',
	]);
	t.regex(json[1] ?? '', /"stack":"Error: broken/);
});

test('createLog() keeps debug lines off the console', (t) => {
	const { log, human } = setUpLog();
	log.debug({ service: 'redis' }, 'detail');
	t.deepEqual(human, []);
});

function setUpWriter(maxBytes: number) {
	const written: string[] = [];
	const timers: (() => void)[] = [];
	const delaysMs: number[] = [];
	const device = { takes: Number.POSITIVE_INFINITY };
	const writer = new BoundedWriter({
		write(bytes) {
			const taken = Math.min(device.takes, bytes.length);
			if (taken > 0) written.push(bytes.subarray(0, taken).toString());
			return taken;
		},
		maxBytes,
		lostLine: (lost) => `lost ${lost}\n`,
		later(callback, delayMs) {
			timers.push(callback);
			delaysMs.push(delayMs);
		},
	});
	return { writer, written, timers, delaysMs, device };
}

test('BoundedWriter buffers lines until the device exists', (t) => {
	const { writer, written } = setUpWriter(100);
	writer.write('one\n');
	writer.write('two\n');
	t.deepEqual(written, []);
	writer.open();
	t.is(written.join(''), 'one\ntwo\n');
});

test('BoundedWriter continues at the byte at which a full device stopped it', (t) => {
	const { writer, written, timers, device } = setUpWriter(100);
	writer.open();
	device.takes = 3;
	writer.write('abcdef\n');
	writer.write('gh\n');
	t.is(writer.waitingBytes, 7);
	device.takes = Number.POSITIVE_INFINITY;
	t.is(timers.length, 1, 'one timer, however many lines');
	timers[0]?.();
	t.is(written.join(''), 'abcdef\ngh\n');
});

test('BoundedWriter tries ever more seldom while the device takes nothing, until it takes some', (t) => {
	const { writer, timers, delaysMs, device } = setUpWriter(100);
	writer.open();
	device.takes = 0;
	writer.write('abcdef\n');
	for (let tries = 0; tries < 8; tries += 1) timers.at(-1)?.();
	t.deepEqual(delaysMs, [40, 80, 160, 320, 640, 1280, 1280, 1280, 1280]);
	device.takes = 1;
	timers.at(-1)?.();
	device.takes = 7;
	timers.at(-1)?.();
	t.deepEqual(delaysMs.slice(9), [20]);
	t.is(writer.waitingBytes, 0);
});

test('BoundedWriter drops the oldest whole lines when nobody reads, and reports how many', (t) => {
	const { writer, written, timers, device } = setUpWriter(12);
	writer.open();
	device.takes = 2;
	writer.write('first\n');
	device.takes = 0;
	for (const line of ['a-one\n', 'b-two\n', 'c-three\n']) writer.write(line);
	device.takes = Number.POSITIVE_INFINITY;
	timers[0]?.();
	t.is(written.join(''), 'first\nc-three\nlost 2\n');
});

test('BoundedWriter.flush() ends at its timeout', (t) => {
	const { writer, device } = setUpWriter(100);
	writer.open();
	device.takes = 0;
	writer.write('never\n');
	let now = 0;
	writer.flush(50, () => now++);
	t.is(now, 51);
});

test('BoundedWriter survives a device that is gone', (t) => {
	const writer = new BoundedWriter({
		write: () => {
			throw new Error('EIO');
		},
		maxBytes: 10,
		lostLine: () => '',
		later: () => undefined,
	});
	writer.open();
	t.notThrows(() => writer.write('x\n'));
	t.is(writer.waitingBytes, 0);
});

test('LineSplitter joins pieces, also of one character, and drops a line that is too long', (t) => {
	const splitter = new LineSplitter(8);
	const bytes = Buffer.from('{"a":"ß"}\nrest');
	t.deepEqual(splitter.add(bytes.subarray(0, 7)), []);
	t.deepEqual(splitter.add(bytes.subarray(7)), ['{"a":"ß"}']);
	splitter.add(Buffer.from('0123456789'));
	t.deepEqual(splitter.add(Buffer.from('x\n')), ['x']);
});

test('LogFile stays within its bounds', (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-log-'));
	t.teardown(() => rmSync(folder, { recursive: true }));
	const file = new LogFile(join(folder, 'below/init.log'), 10);
	for (const line of ['1234\n', '5678\n', '9\n']) file.write(line);
	t.is(readFileSync(join(folder, 'below/init.log'), 'utf8'), '9\n');
	t.is(readFileSync(join(folder, 'below/init.log.1'), 'utf8'), '1234\n5678\n');
});

test('createLog(): terminal injection by a container’s output', (t) => {
	const { log, human } = setUpLog();
	log.error(
		{ service: 'evil\u001b[2J' },
		'its last lines:\n    \u001b]0;title\u0007\n    a\rb \u202egpj.exe',
	);
	t.deepEqual(human, [
		'[   2.761] evil [2J      ERROR: its last lines:\r\n     ]0;title \r\n    a b  gpj.exe\r\n',
	]);
});
