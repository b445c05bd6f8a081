// What go-yaml v3, LinuxKit's reader, takes a plain word for (its resolve.go).

import test from 'ava';
import { isScalar, parseDocument } from 'yaml';
import { fractionFormat, scalarTags } from '../../../../tools/config/scalar-tags.ts';

const reads = test.macro({
	exec(t, written: string, expected: unknown, format?: string) {
		const { contents, errors } = parseDocument(written, { schema: 'failsafe', customTags: [...scalarTags] });
		t.deepEqual(errors, []);
		if (!isScalar(contents)) throw new Error('no scalar');
		t.is(contents.value, expected);
		t.is(contents.format, format);
	},
	title: (_, written) => `scalarTags read ${written}`,
});

for (const word of ['true', 'True', 'TRUE']) test(reads, word, true);
for (const word of ['false', 'False', 'FALSE']) test(reads, word, false);
for (const word of ['~', 'null', 'Null', 'NULL']) test(reads, word, null);
// Booleans, numbers of base 60 and dates of YAML 1.1, and what only looks like a number.
const texts = [
	'yes',
	'No',
	'on',
	'OFF',
	'y',
	'n',
	'tRUE',
	'22:22',
	'2017-04-18',
	'.',
	'+',
	'-.',
	'_1',
	'0x',
	'1e',
	'._5',
];
for (const word of [...texts, '0o8', '123e4567', 'nan']) test(reads, word, word);
test(reads, '"5"', '5');
test(reads, "'true'", 'true');
test(reads, '!!str 5', '5');
test(reads, '!!int "5"', 5);
test(reads, '!!binary aGk=', 'hi');

test(reads, '0', 0);
test(reads, '+5', 5);
test(reads, '1_000', 1000);
test(reads, '0644', 420);
test(reads, '0o644', 420);
test(reads, '0x1F', 31);
test(reads, '-0x10', -16);
test(reads, '0b101', 5);
test(reads, '9007199254740991', Number.MAX_SAFE_INTEGER);
test(reads, '9223372036854775807', 2n ** 63n - 1n);
test(reads, '18446744073709551615', 2n ** 64n - 1n);

test(reads, '18446744073709551616', 2 ** 64, fractionFormat);
test(reads, '08', 8, fractionFormat);
test(reads, '1.', 1, fractionFormat);
test(reads, '.5', 0.5, fractionFormat);
test(reads, '1e3', 1000, fractionFormat);
test(reads, '-.inf', -Infinity, fractionFormat);
test(reads, '.NaN', Number.NaN, fractionFormat);
