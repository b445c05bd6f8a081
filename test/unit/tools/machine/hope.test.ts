import test from 'ava';
import type { ServicePhase } from '../../../../supervisor/contract/phases.ts';
import { hopelessEnds, watchHope } from '../../../../tools/machine/hope.ts';

const service = (name: string, state: ServicePhase, ready?: true) =>
	({ event: 'service', name, state, at: 1, msg: state, ...(ready && { ready }) }) as const;
const oneEnd = (name: string) => [
	service(name, 'starting'),
	service(name, 'running'),
	service(name, 'backoff'),
];
const ends = (name: string, count: number) => Array.from({ length: count }, () => oneEnd(name)).flat();

const looks = test.macro({
	exec(t, events: readonly Parameters<ReturnType<typeof watchHope>>[0][], expected: RegExp | null) {
		const watch = watchHope();
		const found = events.map(watch);
		const first = found.find((each) => each !== null) ?? null;
		if (expected === null) t.is(first, null);
		else t.regex(first?.why ?? 'there is hope', expected);
		// All others are before the last event.
		if (expected !== null) t.true(found.slice(0, -1).every((each) => each === null));
	},
	title: (title = '') => `watchHope(): ${title}`,
});

test(
	'an onboot container that failed',
	looks,
	[{ event: 'onboot', name: '000-a', state: 'failed', at: 1, msg: '' }],
	/^the onboot container 000-a failed$/,
);
test('a service that failed for good', looks, [service('a', 'failed')], /^the service a failed for good$/);
test('a service that ends a few times', looks, ends('a', hopelessEnds - 1), null);
test(
	'a service that ends again and again',
	looks,
	ends('a', hopelessEnds),
	/^the service a had ended 6 times/,
);
test('while another one comes up', looks, [service('db', 'running'), ...ends('a', 50)], null);
test(
	'once the other one is ready the count begins',
	looks,
	[service('db', 'running'), ...ends('a', 50), service('db', 'ready', true), ...ends('a', hopelessEnds)],
	/^the service a had/,
);
test(
	'one that waits is no hope',
	looks,
	[service('web', 'waiting'), ...ends('a', hopelessEnds)],
	/^the service a/,
);
test(
	'two that end in turn are no hope for each other',
	looks,
	[
		...Array.from({ length: hopelessEnds - 1 }, () => [...oneEnd('a'), ...oneEnd('b')]).flat(),
		service('b', 'running'),
		...oneEnd('a'),
	],
	/^the service a/,
);
test(
	'a service that becomes ready in between',
	looks,
	[...ends('a', hopelessEnds - 1), service('a', 'ready', true), ...ends('a', hopelessEnds - 1)],
	null,
);
