import test from 'ava';
import {
	type Places,
	parseCondition,
	parseSize,
	realPlaces,
	unmet,
} from '../../../../pkg/swap/conditions.ts';

for (const [text, bytes] of [
	['2G', 2_147_483_648],
	['100M', 104_857_600],
	['5670K', 5_806_080],
	['8765432', 8_765_432],
] as const) {
	test(`parseSize() ${text} is ${bytes}`, (t) => t.is(parseSize(text), bytes));
}

for (const text of ['', 'G', '1T', '1.5G', '-1', '1 M', '99999999999999999G']) {
	test(`parseSize() refuses "${text}"`, (t) => {
		t.throws(() => parseSize(text), { name: 'AppletError', message: /is no size\. Expected bytes/ });
	});
}

const places: Places = { isMountPoint: (path) => path === '/var/disk', sizeBytes: () => 1024 ** 3 };

const met = test.macro({
	exec(t, text: string, problem: string | null) {
		t.is(unmet(parseCondition(text), places), problem);
	},
	title: (_, text, problem) => `unmet() ${text}: ${problem ?? 'met'}`,
});

test(met, 'part:/var/disk', null);
test(met, 'part:/var/dis:true', 'nothing is mounted on /var/dis');
test(met, 'partsize:/var/disk:1G', null);
test(met, 'size:/var/disk:1G:true', null);
test(met, 'partsize:/var/disk:1100M', 'the file system of /var/disk has 1073741824 bytes, not 1153433600');

test('parseCondition() keeps whether a condition is required', (t) => {
	t.true(parseCondition('part:/a:true').isRequired);
	t.true(parseCondition('partsize:/a:1G:true').isRequired);
	t.false(parseCondition('part:/a:false').isRequired);
	t.false(parseCondition('partsize:/a:1G').isRequired);
});

for (const text of ['disk:/a', 'part', 'part:a', 'partsize:/a', 'part:/a:maybe', 'partsize:/a:big']) {
	test(`parseCondition() refuses ${text}`, (t) => {
		t.throws(() => parseCondition(text), { name: 'AppletError' });
	});
}

test('realPlaces knows this machine', (t) => {
	t.true(realPlaces.isMountPoint('/proc'));
	t.true(realPlaces.isMountPoint('/proc/'));
	t.true(realPlaces.isMountPoint('/'));
	t.false(realPlaces.isMountPoint('/pro'));
	t.true(realPlaces.sizeBytes('/') > 0);
	t.is(realPlaces.sizeBytes('/nowhere'), 0);
});
