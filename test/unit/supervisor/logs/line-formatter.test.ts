import test from 'ava';
import { LineFormatter } from '../../../../supervisor/logs/line-formatter.ts';
import { maxTextBytes, parseRecord } from '../../../../supervisor/logs/log-line.ts';

/** Returns the content of the file after these pieces, each with a time of its own. */
function written(pieces: readonly (string | Buffer)[], formatter = new LineFormatter('stdout')) {
	let finished = '';
	let unfinished = '';
	for (const [index, piece] of pieces.entries()) {
		formatter.add(Buffer.from(piece), index % 10, (records, rest) => {
			finished += records.toString('latin1');
			unfinished = rest.toString('latin1');
		});
	}
	return { finished, unfinished, formatter };
}

/** Returns `TAG text` of each record. */
function records(finished: string): string[] {
	return finished
		.split('\n')
		.slice(0, -1)
		.map((line) => parseRecord(Buffer.from(line, 'latin1')))
		.map((record) => `${record?.partial === false ? 'F' : 'P'} ${record?.text.toString('latin1')}`);
}

const at = (ms: number) => `1970-01-01T00:00:00.00${ms}000000Z`;

test('LineFormatter.add() makes a record of each line, empty ones too', (t) => {
	const { finished, unfinished } = written(['one\n\ntwo\n']);
	t.is(finished, `${at(0)} stdout F one\n${at(0)} stdout F \n${at(0)} stdout F two\n`);
	t.is(unfinished, '');
});

test('LineFormatter.add() gives a line the time of its beginning, in however many pieces it arrives', (t) => {
	const { finished, unfinished } = written(['be', 'gun ', 'here\nnext']);
	t.is(finished, `${at(0)} stdout F begun here\n`);
	t.is(unfinished, `${at(2)} stdout P next`);
});

test('LineFormatter.add() keeps a carriage return, NUL and bytes that are not UTF-8', (t) => {
	const { finished } = written([Buffer.from([0x0d, 0x00, 0xff, 0xfe, 0x0a])]);
	t.deepEqual(records(finished), ['F \r\0\xff\xfe']);
});

const cutting = test.macro({
	exec(t, bytes: number, tags: string) {
		const { finished } = written([`${'x'.repeat(bytes)}\n`]);
		t.is(
			records(finished)
				.map((record) => record[0])
				.join(''),
			tags,
		);
		t.is(
			records(finished)
				.map((record) => record.slice(2))
				.join(''),
			'x'.repeat(bytes),
		);
	},
	title: (_, bytes, tags) => `LineFormatter.add() makes ${tags} of a line of ${bytes} bytes`,
});

test(cutting, maxTextBytes, 'F');
test(cutting, maxTextBytes + 1, 'PF');
test(cutting, 2 * maxTextBytes, 'PF');
test(cutting, 10 * maxTextBytes + 1, 'PPPPPPPPPPF');

test('LineFormatter.add() splits a line that arrives byte by byte in the same places', (t) => {
	const line = Buffer.from(`${'é'.repeat(maxTextBytes / 2 + 5)}\n`);
	const formatter = new LineFormatter('stdout');
	let finished = '';
	for (const byte of line) {
		formatter.add(Buffer.of(byte), 0, (part) => {
			finished += part.toString('latin1');
		});
	}
	t.is(finished, written([line]).finished);
	t.deepEqual(
		records(finished).map((record) => record[0]),
		['P', 'F'],
	);
});

test('LineFormatter.add() does not split a character', (t) => {
	const euro = `x${'€'.repeat(maxTextBytes)}\n`;
	const { finished } = written([euro]);
	const texts = records(finished).map((record) => Buffer.from(record.slice(2), 'latin1').toString());
	t.false(texts.some((text) => text.includes('\ufffd')));
	t.is(`${texts.join('')}\n`, euro);
});

test('LineFormatter.add() splits bytes that are no characters', (t) => {
	const { finished } = written([Buffer.concat([Buffer.alloc(maxTextBytes + 5, 0x80), Buffer.from('\n')])]);
	t.deepEqual(
		records(finished).map((record) => record.length - 2),
		[maxTextBytes, 5],
	);
});

test('LineFormatter.add() loses nothing of input that exceeds its buffer', (t) => {
	const lines = Array.from({ length: 30_000 }, (_, line) => `${line}`);
	const { finished, unfinished } = written([`${lines.join('\n')}\n`]);
	t.deepEqual(
		records(finished),
		lines.map((line) => `F ${line}`),
	);
	t.is(unfinished, '');
});

test('LineFormatter.breakOff() makes a partial record, and the line continues after it', (t) => {
	const { formatter } = written(['half']);
	t.is(formatter.breakOff().toString(), `${at(0)} stdout P half\n`);
	t.is(formatter.breakOff().length, 0);
	t.deepEqual(records(written([' a line\n'], formatter).finished), ['F  a line']);
});

test('LineFormatter.end() ends a line that has no end, and one whose last partial record has been written', (t) => {
	const { formatter } = written(['prompt> ']);
	t.is(formatter.end(5).toString(), `${at(0)} stdout F prompt> \n`);
	t.is(formatter.end(5).length, 0, 'once');
	written(['half'], formatter);
	formatter.breakOff();
	t.is(formatter.end(5).toString(), `${at(5)} stdout F \n`);
});

test('LineFormatter continues the line that an earlier PID 1 left', (t) => {
	const begun = written(['be']).unfinished;
	const formatter = new LineFormatter('stdout', Buffer.from(begun));
	t.is(written(['gun\n'], formatter).finished, `${at(0)} stdout F begun\n`);
	t.deepEqual(records(new LineFormatter('stderr', undefined, true).end(0).toString()), ['F ']);
});

test('LineFormatter.add() makes the same records, however the input is divided', (t) => {
	let seed = 20161006;
	/** A linear congruential generator: the same numbers each time. */
	const random = (below: number) => {
		seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
		return Math.floor((seed / 2 ** 31) * below);
	};
	const lengths = [0, 1, 30, 200, maxTextBytes - 1, maxTextBytes, maxTextBytes + 1, 3 * maxTextBytes];
	const lines = Array.from({ length: 300 }, () => 'aé€😀'.repeat(1 + (lengths[random(8)] ?? 0) / 10));
	const input = Buffer.from(lines.join('\n'));
	const pieces: Buffer[] = [];
	for (let from = 0; from < input.length; ) {
		const to = from + 1 + random(random(3) === 0 ? 70_000 : 50);
		pieces.push(input.subarray(from, to));
		from = to;
	}
	const noTimes = (text: string) => text.replaceAll(/^.{30}/gm, '');
	const [once, inPieces] = [written([input]), written(pieces)];
	t.true(pieces.length > 20);
	t.true(noTimes(inPieces.finished) === noTimes(once.finished));
	t.is(noTimes(inPieces.unfinished), noTimes(once.unfinished));
});
