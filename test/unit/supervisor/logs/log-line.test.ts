import test from 'ava';
import {
	endsLine,
	headerBytes,
	markFull,
	parseRecord,
	recordHeader,
	recordTime,
} from '../../../../supervisor/logs/log-line.ts';

const timeMs = Date.UTC(2016, 9, 6, 0, 17, 9, 669);

test('recordHeader() has the format of the Container Runtime Interface, and a fixed width', (t) => {
	t.is(recordHeader(timeMs, 'stdout', 'full').toString(), '2016-10-06T00:17:09.669000000Z stdout F ');
	t.is(recordHeader(0, 'stderr', 'partial').toString(), '1970-01-01T00:00:00.000000000Z stderr P ');
	t.is(recordHeader(timeMs, 'stderr', 'full').length, headerBytes);
});

test('parseRecord() returns the bytes, also those that are not UTF-8', (t) => {
	const text = Buffer.from([0xff, 0x00, 0x20, 0xc3]);
	const record = parseRecord(Buffer.concat([recordHeader(timeMs, 'stderr', 'partial'), text]));
	t.deepEqual(record, { time: recordTime(timeMs), stream: 'stderr', partial: true, text });
});

const refused = test.macro({
	exec(t, line: string) {
		t.is(parseRecord(Buffer.from(line)), null);
	},
	title: (_, line) => `parseRecord() refuses "${line}"`,
});

test(refused, '');
test(refused, 'a line without a header');
test(refused, '2016-10-06T00:17:09.669000000Z stdlog F text of no stream');
test(refused, '2016-10-06T00:17:09.669000000Z stdout X text with another tag');
test(refused, '2016-10-06T00:17:09.669000000Z stdo');
test(refused, '\0\0\0\0:17:09.669000000Z stdout F a torn one');

test('markFull() turns a partial record into a full one', (t) => {
	const record = Buffer.concat([recordHeader(timeMs, 'stdout', 'partial'), Buffer.from('P stays P')]);
	t.is(markFull(record).toString(), '2016-10-06T00:17:09.669000000Z stdout F P stays P');
});

test('endsLine() checks tag and stream', (t) => {
	const full = recordHeader(timeMs, 'stderr', 'full');
	t.true(endsLine(full, 0, null));
	t.true(endsLine(Buffer.concat([Buffer.from('x\n'), full]), 2, 'stderr'));
	t.false(endsLine(full, 0, 'stdout'));
	t.false(endsLine(recordHeader(timeMs, 'stderr', 'partial'), 0, null));
	t.false(endsLine(Buffer.from('short'), 0, null));
});
