import test from 'ava';
import type { ProgressTerminal } from '../../../../tools/terminal/progress-terminal.ts';
import { progressLine, transferProgress } from '../../../../tools/terminal/transfer-progress.ts';

// A CI system would have no line that rewrites itself, and no terminal is asked for by its name.
process.env['CI'] = '';
process.env['TERM'] = 'linux';

const blob = (letter: string, size: number) => ({
	mediaType: 'x',
	digest: `sha256:${letter.repeat(64)}`,
	size,
});
const [a, b] = [blob('a', 3_000_000), blob('b', 1_000_000)];

function shown(terminal: Omit<ProgressTerminal, 'write'>): string {
	let text = '';
	let nowMs = 0;
	const write = (each: string): void => {
		text += each;
	};
	const clock = (): number => {
		nowMs += 60;
		return nowMs;
	};
	const progress = transferProgress({ ...terminal, write }, clock, 'fetch');
	progress.begins('r/a:v1', [a, b]);
	progress.moved(a, 1_000_000);
	progress.failed('it was cut', 1500);
	progress.moved(b, 1_000_000);
	progress.finished(b);
	progress.moved(a, 2_000_000);
	progress.finished(a);
	return text;
}

test('transferProgress() writes a line for each blob', (t) => {
	const lines = shown({}).split('\n');
	t.is(lines[0], 'r/a:v1: 2 blobs to fetch, 4.0 MB');
	t.is(lines[1], 'it was cut; next try in 1.5 s');
	t.regex(lines[2] ?? '', /^sha256:bbbbbbbbbbbb {5}1\.0 MB {2}in \d\.\d s$/);
	t.regex(lines[3] ?? '', /^sha256:aaaaaaaaaaaa {5}3\.0 MB {2}in \d\.\d s$/);
	t.deepEqual(lines.slice(4), ['']);
});

test('transferProgress() rewrites one line on a terminal and removes it at the end', (t) => {
	const text = shown({ isTTY: true, columns: 80 });
	t.true(
		text.includes('\r\u001b[K[======>                 ]  25 %  1.0 MB of 4.0 MB  r/a:v1'),
		JSON.stringify(text),
	);
	t.true(text.endsWith(' s\n'));
	t.true(shown({ isTTY: true, columns: 12 }).includes('\u001b[K 25 %  1.0 \r'));
});

const line = test.macro({
	exec(t, arrivedBytes: number, columns: number, expected: string) {
		t.is(progressLine(arrivedBytes, 4_000_000, 'r/a:v1', columns), expected);
	},
	title: (_, arrivedBytes, columns) => `progressLine() of ${arrivedBytes} bytes in ${columns} columns`,
});

test(line, 0, 80, '[>                       ]   0 %  0 B of 4.0 MB  r/a:v1');
test(line, 4_000_000, 80, '[========================] 100 %  4.0 MB of 4.0 MB  r/a:v1');
test(line, 1_000_000, 71, ' 25 %  1.0 MB of 4.0 MB  r/a:v1');
test(line, 1_000_000, 30, ' 25 %  1.0 MB of 4.0 MB  r/a:');
