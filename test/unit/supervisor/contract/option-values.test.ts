import test from 'ava';
import {
	lineCount,
	memorySize,
	type OptionValue,
	processCount,
	processorCount,
	sinceTime,
	wrongValue,
} from '../../../../supervisor/contract/option-values.ts';

const cases: readonly [
	what: string,
	value: OptionValue,
	right: Readonly<Record<string, number>>,
	wrong: readonly string[],
][] = [
	['lineCount', lineCount, { '0': 0, '100': 100 }, ['', 'abc', '-1', '1.5']],
	[
		'memorySize',
		memorySize,
		{ '1M': 2 ** 20, '64MiB': 64 * 2 ** 20, '1g': 2 ** 30 },
		['', '64', '1K', '64T', '-1M'],
	],
	['processorCount', processorCount, { '.5': 0.5, '2': 2 }, ['', '0', '1e1', '1.', '2000']],
	['processCount', processCount, { '1': 1, '4194304': 4_194_304 }, ['', '0', '4194305', '1.5', 'many']],
	[
		'sinceTime',
		sinceTime(1_000_000),
		{ '10m': 400_000, '1m30s': 910_000, '1970-01-01T00:00:01Z': 1000 },
		['', 'once', '10'.repeat(9)],
	],
];

for (const [what, value, right, wrong] of cases) {
	test(`${what} takes what its option takes, and nothing else`, (t) => {
		for (const [text, number] of Object.entries(right)) t.is(value.parse(text), number, text);
		for (const text of wrong) t.is(value.parse(text), null, text);
	});
}

test('wrongValue() says what is expected', (t) => {
	t.is(wrongValue('-n', 'abc', lineCount), '-n abc: expected a number of lines.');
});
