import test from 'ava';
import { consoleFormat, jsonFormat, syslogFormat } from '../../../../supervisor/logs/forward-format.ts';
import { type LogRecord, recordTime } from '../../../../supervisor/logs/log-line.ts';

const timeMs = Date.UTC(2016, 9, 6, 0, 17, 9, 669);
const record = (text: string | Buffer, change: Partial<LogRecord> = {}): LogRecord => ({
	time: recordTime(timeMs),
	stream: 'stdout',
	partial: false,
	text: Buffer.from(text),
	...change,
});

test('jsonFormat() makes one object a line, of any bytes', (t) => {
	const format = jsonFormat('redis');
	t.is(
		format.record(record('a "line"\t\x1b[1m é')).toString(),
		'{"time":"2016-10-06T00:17:09.669000000Z","service":"redis","stream":"stdout","line":"a \\"line\\"\\t\\u001b[1m é"}\n',
	);
	const part = format.record(record(Buffer.from([0xff, 0x41]), { partial: true, stream: 'stderr' }));
	t.deepEqual(JSON.parse(part.toString()), {
		time: '2016-10-06T00:17:09.669000000Z',
		service: 'redis',
		stream: 'stderr',
		line: '\ufffdA',
		partial: true,
	});
	t.is(
		format.dropped(7, timeMs).toString(),
		'{"time":"2016-10-06T00:17:09.669Z","service":"redis","dropped":7}\n',
	);
});

test('syslogFormat() makes messages of RFC 5424: severity by stream, bytes unchanged', (t) => {
	const format = syslogFormat('redis', 'guest', false);
	t.is(
		format.record(record('text')).toString(),
		'<30>1 2016-10-06T00:17:09.669Z guest redis - stdout - text',
	);
	t.deepEqual(
		format.record(record(Buffer.from([0xff]), { stream: 'stderr' })),
		Buffer.concat([Buffer.from('<27>1 2016-10-06T00:17:09.669Z guest redis - stderr - '), Buffer.of(0xff)]),
	);
	t.is(
		format.dropped(7, timeMs).toString(),
		'<28>1 2016-10-06T00:17:09.669Z guest redis - dropped - 7 lines were dropped: more came than could be sent',
	);
});

test('syslogFormat() for a stream counts the octets of each message', (t) => {
	const text = syslogFormat('redis', 'guest', true).record(record('é')).toString();
	t.is(text, '56 <30>1 2016-10-06T00:17:09.669Z guest redis - stdout - é');
	t.is(Buffer.byteLength(text.slice(3)), 56);
});

test('syslogFormat() keeps to the characters and lengths of RFC 5424', (t) => {
	const long = syslogFormat(`my service ${'x'.repeat(99)}`, '', false).record(record(''));
	t.is(long.toString(), `<30>1 2016-10-06T00:17:09.669Z - my?service?${'x'.repeat(37)} - stdout - `);
});

test('consoleFormat() filters control characters', (t) => {
	const format = consoleFormat('redis');
	t.is(format.record(record('a\tb\x1b[2J\r\x9b1m é')).toString(), 'redis: a\tb [2J  1m é\r\n');
	t.regex(format.dropped(7, 0).toString(), /^redis: \.\.\. 7 lines were dropped/);
});
