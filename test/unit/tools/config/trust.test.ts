import test from 'ava';
import { parseAgeMs } from '../../../../tools/config/durations.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';

const reads = test.macro({
	exec: (t, text: string, expected: number | null) => t.is(parseAgeMs(text), expected),
	title: (_, text) => `parseAgeMs() of "${text}"`,
});

test(reads, '90d', 90 * 86_400_000);
test(reads, '12h', 12 * 3_600_000);
for (const text of ['', '0d', '90', '-1d', '1.5d', '90 d', '1d12h', '999999d']) test(reads, text, null);

const load = (trust: string) => () => loadConfig([{ name: 'a.yml', text: `trust: ${trust}\n` }]);

test('trust: maxAge needs keys', (t) => {
	t.throws(load('{org: [acme], maxAge: 90d}'), {
		message: /"maxAge" is the age of a signature, and needs "keys"\./,
	});
	t.throws(load('{org: [acme], maxAge: 90d, keys: []}'), { message: /needs "keys"/ });
	t.notThrows(load('{org: [acme], maxAge: 90d, keys: [a.pub]}'));
});

test('trust: maxAge says what an age is', (t) => {
	t.throws(load('{keys: [a.pub], maxAge: soon}'), {
		message: /"soon" is not an age\. Expected a number of days or hours, such as 90d or 12h\./,
	});
});
