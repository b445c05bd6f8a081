import test from 'ava';
import { createEscapeFilter } from '../../../../tools/machine/attach-console.ts';
import { createLastLines } from '../../../../tools/machine/last-lines.ts';

const typed = test.macro({
	exec(t, keys: string, sent: string, quits: number) {
		let quit = 0;
		const filter = createEscapeFilter({
			x() {
				quit += 1;
			},
		});
		const out = [...Buffer.from(keys)].map((byte) => filter(Buffer.from([byte])).toString()).join('');
		t.is(out, sent);
		t.is(quit, quits);
	},
	title: (_, keys: string) => `createEscapeFilter() for ${JSON.stringify(keys)}`,
});

test(typed, 'ls\r\x03', 'ls\r\x03', 0);
test(typed, 'a\x01x', 'a', 1);
test(typed, '\x01X', '', 1);
test(typed, '\x01\x01b', '\x01b', 0);
test(typed, '\x01b', '\x01b', 0);

test('createLastLines() keeps no control or format character', (t) => {
	const last = createLastLines();
	last.add(Buffer.from('a\u009b2Jb\u202ec\u2028d\u001b]0;e\u0007\n'));
	t.is(last.text(), 'a 2Jb c d]0;e');
});

test('createLastLines() keeps the end, without control sequences', (t) => {
	const last = createLastLines();
	for (let i = 0; i < 1000; i++) last.add(Buffer.from(`line ${i}\r\n`));
	last.add(Buffer.from('\u001b[31mred\u001b[0m é'));
	const lines = last.text().split('\n');
	t.is(lines.length, 31);
	t.is(lines.at(-1), 'red é');
	t.is(lines.at(-2), 'line 999');
});
