import test from 'ava';
import { formatAge } from '../../../../tools/terminal/format-age.ts';

const ages: readonly [number, string][] = [
	[-5, '0 seconds'],
	[1000, '1 second'],
	[59_999, '59 seconds'],
	[60_000, '1 minute'],
	[3 * 3_600_000 + 1, '3 hours'],
	[86_400_000 * 40, '40 days'],
];
for (const [ms, text] of ages) {
	test(`formatAge() of ${ms} ms`, (t) => {
		t.is(formatAge(ms), text);
	});
}
