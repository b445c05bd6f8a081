import test from 'ava';
import { jsonLine, jsonText } from '../../../../native/text/json-text.ts';

/** What JSON.stringify leaves: DEL, an eight-bit control sequence, a right-to-left override, separators of lines, a tag beyond U+FFFF. */
const unsafe = '\u007f\u009b2J\u202e\u2028\u2029\u{e0041}';

test('jsonLine() and jsonText() escape what a terminal would obey, and keep the value', (t) => {
	const value = { [`key ${unsafe}`]: [`größe 東京 🚀 ${unsafe}`, '\u001b\n\t'] };
	for (const text of [jsonLine(value), jsonText(value)]) {
		t.notRegex(text, /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
		t.deepEqual(JSON.parse(text), value);
		t.true(text.includes('größe 東京 🚀 \\u007f\\u009b2J\\u202e\\u2028\\u2029\\udb40\\udc41'));
	}
});

test('jsonText() is indented by two spaces, and takes a replacer', (t) => {
	t.is(
		jsonText({ a: [1], b: 2 }, (key, each) => (key === 'b' ? undefined : each)),
		'{\n  "a": [\n    1\n  ]\n}\n',
	);
});
