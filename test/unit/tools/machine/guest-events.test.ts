import test from 'ava';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { createEventReader, parseEvent } from '../../../../tools/machine/guest-events.ts';
import { progressLine } from '../../../../tools/machine/progress.ts';

test('createEventReader() puts lines together, whatever the cuts', (t) => {
	const seen: GuestEventLine[] = [];
	const read = createEventReader((event) => seen.push(event));
	const bytes = Buffer.from(
		'noise\n{"event":"ready","at":1.5,"msg":"all é run"}\r\n{"event":"shutdown","at":2,"msg":"","action":"reboot"}\n',
	);
	for (const byte of bytes) read(Buffer.from([byte]));
	t.deepEqual(
		seen.map((event) => [event.event, event.msg]),
		[
			['ready', 'all é run'],
			['shutdown', ''],
		],
	);
});

test('createEventReader() drops a line without end', (t) => {
	const seen: GuestEventLine[] = [];
	const read = createEventReader((event) => seen.push(event));
	for (let i = 0; i < 100; i++) read(Buffer.alloc(4096, 0x41));
	read(Buffer.from('\n{"event":"ready","at":1,"msg":""}\n'));
	t.is(seen.length, 1);
});

for (const line of [
	'',
	'[]',
	'null',
	'{"event":"ready"}',
	'{"event":"unknown","at":1,"msg":""}',
	'{"event":"stage","at":1,"msg":""}',
	'{"event":"service","at":1,"msg":"","name":7,"state":"running"}',
	'{"event":"run","at":1,"msg":"","state":"started"}',
	'{"event":"ready","at":"1","msg":""}',
	'{"event":"service","at":1,"msg":"","name":"a","state":"waiting","reason":7}',
	'{"event":"stage","at":1,"msg":"","stage":"a","state":"done","durationMs":"7"}',
]) {
	test(`parseEvent() drops ${line === '' ? 'an empty line' : line}`, (t) => {
		t.is(parseEvent(line), null);
	});
}

test('parseEvent() knows the containers of service run', (t) => {
	t.like(parseEvent('{"event":"run","at":1,"msg":"","name":"box","state":"started"}'), { name: 'box' });
});

test('progressLine() shows the time and the subject, and no control characters', (t) => {
	const line = progressLine({
		event: 'service',
		name: 'redis',
		state: 'running',
		at: 5.1234,
		msg: 'up\u001b[2J\n',
	});
	t.is(line, '[   5.123] service redis        up [2J ');
});
