import test from 'ava';
import { nearestName } from '../../../../native/text/nearest-name.ts';

const finds = test.macro({
	exec: (t, text: string, expected: string | null) =>
		t.is(nearestName(text, ['redis', 'web', 'getty', 'database']), expected),
	title: (_, text) => `nearestName() of ${JSON.stringify(text)}`,
});
test(finds, 'reds', 'redis');
test(finds, 'gety', 'getty');
test(finds, 'wev', 'web');
test(finds, 'datbsae', null);
test(finds, 'datebas', 'database');
test(finds, 'nothing', null);
test(finds, '', null);
