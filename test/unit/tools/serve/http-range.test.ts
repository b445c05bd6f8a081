import test from 'ava';
import { parseRange } from '../../../../tools/serve/http-range.ts';

// RFC 9110, 14.1.2.
const ranges: readonly [header: string | undefined, expected: ReturnType<typeof parseRange>][] = [
	[undefined, null],
	['bytes=0-499', { from: 0, to: 499 }],
	['bytes=500-', { from: 500, to: 999 }],
	['bytes=-500', { from: 500, to: 999 }],
	['bytes=-5000', { from: 0, to: 999 }],
	['bytes=999-5000', { from: 999, to: 999 }],
	['bytes=1000-', 'unsatisfiable'],
	['bytes=-0', 'unsatisfiable'],
	['bytes=5-4', null],
	['bytes=-', null],
	['bytes=0-1,5-6', null],
	['lines=0-1', null],
	[`bytes=${'9'.repeat(40)}-`, null],
];
for (const [header, expected] of ranges) {
	test(`parseRange() of ${header} in 1000 bytes`, (t) => t.deepEqual(parseRange(header, 1000), expected));
}

test('parseRange() of an empty file', (t) => {
	t.is(parseRange('bytes=0-', 0), 'unsatisfiable');
	t.is(parseRange('bytes=-1', 0), 'unsatisfiable');
});
