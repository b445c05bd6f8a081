import test from 'ava';
import { parseJson } from '../../../../native/text/parse-json.ts';

test('parseJson() tells what is no JSON from JSON of any kind', (t) => {
	t.deepEqual(parseJson('{"a":[1]}'), { a: [1] });
	t.deepEqual(parseJson(Buffer.from('"ü"')), 'ü');
	t.is(parseJson('null'), null);
	for (const text of ['', '{', '{"a":1}}', 'undefined']) t.is(parseJson(text), undefined, text);
});
