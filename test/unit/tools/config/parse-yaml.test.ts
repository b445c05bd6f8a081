import test from 'ava';
import { LineCounter } from 'yaml';
import { parseYaml } from '../../../../tools/config/parse-yaml.ts';

const reads = test.macro({
	exec(t, text: string, expected: unknown) {
		const document = parseYaml(text, new LineCounter());
		t.deepEqual(document.errors, []);
		t.deepEqual(document.toJS(), expected);
	},
	title: (_, text) => `parseYaml() reads ${JSON.stringify(text)}`,
});

// As go-yaml reads them; columns count for nothing inside brackets and quotes.
test(reads, 'a: [\nb,\nc\n]\nd: e\n', { a: ['b', 'c'], d: 'e' });
test(reads, 'x:\n  a: [\n\tb,\n\tc\n  ]\n  d: e\n', { x: { a: ['b', 'c'], d: 'e' } });
test(reads, 'x:\n  - a: {\nb: c\n}\n    d: e\n  - f\n', { x: [{ a: { b: 'c' }, d: 'e' }, 'f'] });
test(reads, 'x:\n  - a: "b\n\tc\nd"\n    e: f\n', { x: [{ a: 'b c d', e: 'f' }] });
test(reads, "x:\n  - a: 'b\n\n# c'\n    e: f\n", { x: [{ a: 'b\n# c', e: 'f' }] });
test(reads, 'x:\n  a: [b\nc, "d\ne", # f\n[\ng]]\n  h: |\n    i\n   \n    j\n', {
	x: { a: ['b c', 'd e', ['g']], h: 'i\n\nj\n' },
});
test(reads, 'x:\n  "a": |\n    b\n  \'c\': d\n    e\n  f: g\n', {
	x: { a: 'b\n', c: 'd e', f: 'g' },
});
// A comment begins wherever a token may begin, and only inside a text without quotes it is part of it.
test(reads, 'a: [b]#x\nc: {d: e}#y\n', { a: ['b'], c: { d: 'e' } });
test(reads, 'a: [#x\nb,#y\n"c"#z\n]\n', { a: ['b', 'c'] });
test(reads, 'a: "b"#x\nc: |#y\n  d#e\n', { a: 'b', c: 'd#e\n' });
test(reads, 'a: b#c\nd: [e#f]\n', { a: 'b#c', d: ['e#f'] });

test('parseYaml() ends a block where its indentation ends', (t) => {
	const { errors } = parseYaml('a:\n  - b: c\n   d: e\n', new LineCounter());
	t.is(errors.length, 1);
});

test('parseYaml() refuses a document that begins inside brackets or quotes', (t) => {
	for (const text of ['a: [b,\n---\nc]\n', 'a: "b\n---\nc"\n']) {
		t.true(parseYaml(text, new LineCounter()).errors.length > 0, text);
	}
});

test('parseYaml() records the lines', (t) => {
	const lines = new LineCounter();
	parseYaml('a: [\nb\n]\nc: d\n', lines);
	t.deepEqual(lines.linePos(9), { line: 4, col: 1 });
});
