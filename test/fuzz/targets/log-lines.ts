// Fuzzes what a service writes, as records of its log: nothing is lost, no record is too long, and every format is safe to print.

import { consoleFormat, jsonFormat, syslogFormat } from '../../../supervisor/logs/forward-format.ts';
import { LineFormatter } from '../../../supervisor/logs/line-formatter.ts';
import { type LogRecord, maxRecordBytes, parseRecord } from '../../../supervisor/logs/log-line.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

const newline = 10;

export const target: FuzzTarget = {
	seeds: [
		'hello\nworld',
		'a\n\n\nb',
		`${'x'.repeat(17_000)}\n`,
		'中'.repeat(6000),
		'a\x1b]0;title\x07\u202e\n',
		'\xff\xfe\n',
	],
	words: ['\n', '中', '\x1b[2J', '\u202e', 'x'.repeat(63), 'x'.repeat(16_384)],
	declares: never,
	run(input) {
		for (const step of [input.length || 1, 64 + (input[0] ?? 0) * 7]) checkPieces(input, step);
	},
};

function checkPieces(input: Buffer, stepBytes: number): void {
	const formatter = new LineFormatter('stdout');
	const finished: Buffer[] = [];
	const take = (bytes: Buffer): void => {
		finished.push(Buffer.from(bytes));
	};
	for (let at = 0; at < input.length; at += stepBytes)
		formatter.add(input.subarray(at, at + stepBytes), 1000, take);
	const records = recordsOf(Buffer.concat([...finished, formatter.end(1000)]));
	const texts = records.flatMap(({ text, partial }) => (partial ? [text] : [text, Buffer.of(newline)]));
	const wanted =
		input.length === 0 || input.at(-1) === newline ? input : Buffer.concat([input, Buffer.of(newline)]);
	if (!Buffer.concat(texts).equals(wanted))
		throw new Violation(`${wanted.length} bytes became ${Buffer.concat(texts).length}`);
	for (const record of records) checkFormats(record);
}

function recordsOf(log: Buffer): LogRecord[] {
	const records: LogRecord[] = [];
	let from = 0;
	for (let to = log.indexOf(newline); to !== -1; to = log.indexOf(newline, from)) {
		const record = parseRecord(log.subarray(from, to));
		if (record === null) throw new Violation('a record that is not readable');
		if (to + 1 - from > maxRecordBytes) throw new Violation(`a record of ${to + 1 - from} bytes`);
		records.push(record);
		from = to + 1;
	}
	if (from !== log.length) throw new Violation('bytes after the last record');
	return records;
}

function checkFormats(record: LogRecord): void {
	const line = consoleFormat('x').record(record).toString('utf8');
	if (/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(line.slice(0, -2).replaceAll('\t', ''))) {
		throw new Violation(`on the console: ${JSON.stringify(line.slice(0, 200))}`);
	}
	const syslog = syslogFormat('a', 'b', true).record(record).toString('latin1');
	const [, length = '', rest = ''] = /^(\d+) (.*)$/s.exec(syslog) ?? [];
	if (Number(length) !== rest.length) throw new Violation(`syslog: ${length} is not ${rest.length}`);
	JSON.parse(jsonFormat('x').record(record).toString('utf8'));
}
