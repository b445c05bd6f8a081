import test from 'ava';
import { commandLineWords } from '../../../../native/linux/command-line-words.ts';

// The words that the kernel's next_arg() makes of each, tried with the `kunit` cases of lib/cmdline_kunit.c in mind.
const lines: Readonly<Record<string, readonly string[]>> = {
	'console=ttyS0  quiet\n': ['console=ttyS0', 'quiet'],
	'dyndbg="file x.c +p" a=1': ['dyndbg=file x.c +p', 'a=1'],
	'"a b=c d" e': ['a b=c d', 'e'],
	'note="set slipway.root=rw here"': ['note=set slipway.root=rw here'],
	'a="b"c d': ['a=b"c', 'd'],
	'a="b c': ['a=b c'],
	'a=b" "c': ['a=b" "c'],
	'a= "" b': ['a=', '', 'b'],
	'': [],
};

for (const [line, words] of Object.entries(lines)) {
	test(`commandLineWords() of ${line}`, (t) => {
		t.deepEqual(commandLineWords(line), words);
	});
}

test('commandLineWords() takes linear time for a line of quotes', (t) => {
	t.is(commandLineWords('"'.repeat(1_000_000)).length, 1);
	t.is(commandLineWords('a" '.repeat(300_000)).length, 150_000);
});
