import test from 'ava';
import { parseSupervision, serviceRules } from '../../../../supervisor/contract/supervision.ts';

test('parseSupervision() accepts each kind of probe', (t) => {
	const probe = { intervalMs: 1, timeoutMs: 2, retries: 3 };
	const kinds = [
		{ tcp: 80 },
		{ tcp: 80, host: '10.0.0.1' },
		{ http: 'http://127.0.0.1/' },
		{ exec: ['/bin/true'] },
		{ file: '/run/x' },
		{ notify: true },
	];
	for (const how of kinds)
		t.deepEqual(parseSupervision({ ready: { ...probe, how } }, 'x').ready, { ...probe, how });
});

const rejects = test.macro({
	exec(t, value: unknown, message: string) {
		t.throws(() => parseSupervision(value, 'x.json'), { name: 'ShapeError', message });
	},
	title: (_, value) => `parseSupervision() rejects ${JSON.stringify(value)}`,
});

test(rejects, [], 'x.json must be an object');
test(rejects, { after: 'a' }, 'x.json: after must be a list');
test(
	rejects,
	{ restart: { policy: 'never' } },
	'x.json: restart: policy must be one of always, on-failure, no',
);
test(rejects, { restart: { delayMs: 0 } }, 'x.json: restart: delayMs must be a number of milliseconds');
test(rejects, { restart: { burst: -1 } }, 'x.json: restart: burst must be a number');
test(rejects, { stop: { signal: 15 } }, 'x.json: stop: signal must be a string');
test(rejects, { onFailure: 'panic' }, 'x.json: onFailure must be one of continue, reboot, poweroff, halt');
test(
	rejects,
	{ ready: { how: {}, intervalMs: 1, timeoutMs: 1, retries: 1 } },
	'x.json: ready.how must be one of tcp, http, exec, file and notify',
);

test('parseSupervision() ignores keys that a newer build may write', (t) => {
	t.deepEqual(parseSupervision({ after: ['a'], color: 'red', stop: { color: 'red' } }, 'x'), {
		after: ['a'],
		stop: {},
	});
});

test('serviceRules() adds the defaults to the keys of the bundle', (t) => {
	const rules = serviceRules(parseSupervision({ stop: { signal: 'SIGINT' }, log: { maxFiles: 9 } }, 'x'));
	t.deepEqual(rules.stop, { signal: 'SIGINT', timeoutMs: 10_000 });
	t.deepEqual(rules.log, { maxBytes: 1_048_576, maxFiles: 9 });
	t.is(rules.restart.policy, 'always');
	t.is(rules.ready, null);
	t.deepEqual(rules.after, []);
});
