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
test(finds, 'datbsae', 'database');
test(finds, 'REDIS', 'redis');
test(finds, 'datebas', 'database');
test(finds, 'nothing', null);
test(finds, '', null);

test('nearestName() counts swapped letters once', (t) => {
	t.is(nearestName('evn', ['env', 'net']), 'env');
});

test('nearestName() finds a misspelt key and nothing for another word', (t) => {
	t.is(nearestName('capabilites', ['capabilities', 'command']), 'capabilities');
	t.is(nearestName('oomscoreadj', ['oomScoreAdj']), 'oomScoreAdj');
	t.is(nearestName('zebra', ['capabilities', 'command']), null);
});
