// What counts as a trace of a fault: the campaign is worth as much as this.

import test from 'ava';
import type { ServiceStatus } from '../../../../supervisor/contract/protocol.ts';
import { type Expected, isTooMuch, troublesOf, type View } from '../../../campaigns/faults/faulty-guest.ts';

const redis: ServiceStatus = {
	name: 'redis',
	state: 'ready',
	ready: true,
	pid: 70,
	restarts: 2,
	since: 1,
	reason: null,
	after: [],
	log: '/var/log/redis.log',
};
const before: View = {
	services: new Map([['redis', redis]]),
	census: '1 init\n',
	networks: 'slip0\nchain guard\n',
	remains: '/run\n',
	containerdPid: 50,
	resumes: 3,
	redisSays: 'PONG',
};
const nothing: Expected = { restarts: {}, resumes: 0, containerd: false };

function withRedis(change: Partial<ServiceStatus>): View {
	return { ...before, services: new Map([['redis', { ...redis, ...change }]]) };
}

const shows = test.macro({
	exec(t, now: View, expected: Expected, trouble: RegExp | null) {
		const troubles = troublesOf(before, expected, now);
		if (trouble === null) t.deepEqual(troubles, []);
		else t.regex(troubles.join('\n'), trouble);
	},
	title: (what = '') => `troublesOf() ${what}`,
});

test('is empty where nothing has changed', shows, before, nothing, null);
test(
	'is empty after a restart that was expected',
	shows,
	withRedis({ pid: 71, restarts: 3 }),
	{ ...nothing, restarts: { redis: 1 } },
	null,
);
const maybeTwice: Expected = { ...nothing, restarts: { redis: 1 }, mayStartTwice: 'redis' };
test('lets a start fail once that may', shows, withRedis({ pid: 71, restarts: 4 }), maybeTwice, null);
test(
	'tells a start that failed twice',
	shows,
	withRedis({ pid: 71, restarts: 5 }),
	maybeTwice,
	/5 restarts, not 3/,
);
test(
	'tells a restart without cause',
	shows,
	withRedis({ pid: 71, restarts: 3 }),
	nothing,
	/3 restarts, not 2/,
);
test('tells another process that no restart explains', shows, withRedis({ pid: 71 }), nothing, /has pid 71/);
test(
	'tells a service that was not replaced',
	shows,
	withRedis({ restarts: 3 }),
	{ ...nothing, restarts: { redis: 1 } },
	/has pid 70/,
);
test(
	'tells a service that does not run',
	shows,
	withRedis({ ready: false, state: 'failed', reason: 'exited' }),
	nothing,
	/redis is failed: exited/,
);
test('tells one that is gone', shows, { ...before, services: new Map() }, nothing, /redis is not listed/);
test('tells a zombie', shows, { ...before, census: '1 init\n1 sh zombie\n' }, nothing, /sh zombie/);
test(
	'tells a link that is left',
	shows,
	{ ...before, networks: 'slip-0ad50002\nslip0\n' },
	nothing,
	/slip-0ad50002/,
);
test('tells a mount that is left', shows, { ...before, remains: '/run\n/run/x\n' }, nothing, /\/run\/x/);
test(
	'tells networks that are not seen',
	shows,
	{ ...before, networks: '' },
	nothing,
	/the bridge is not seen/,
);
test('tells a crash of PID 1 without cause', shows, { ...before, resumes: 4 }, nothing, /4 times, not 3/);
test('tells a containerd that was replaced', shows, { ...before, containerdPid: 51 }, nothing, /pid 51/);
test(
	'tells a containerd that was not replaced',
	shows,
	before,
	{ ...nothing, containerd: true },
	/containerd has pid 50/,
);
test('tells what Redis says outside', shows, { ...before, redisSays: 'refused' }, nothing, /says refused/);

test('isTooMuch() tells what no waiting mends', (t) => {
	t.false(isTooMuch(before, { ...nothing, restarts: { redis: 1 } }, before));
	t.true(isTooMuch(before, nothing, withRedis({ restarts: 3 })));
	t.true(isTooMuch(before, nothing, { ...before, resumes: 4 }));
});
