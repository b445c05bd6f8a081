import test from 'ava';
import type { GuestEvent, GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { parseAction } from '../../../../tools/dashboard/messages.ts';
import { conditionOf, serviceRows } from '../../../../tools/dashboard/system-model.ts';
import { createUsageReader } from '../../../../tools/dashboard/usage-poll.ts';

function at(seconds: number, event: GuestEvent): GuestEventLine {
	return { ...event, at: seconds, msg: '' };
}

const start = at(1, { event: 'init', resumed: false, version: '1' });
const ready = at(3, { event: 'service', name: 'a', state: 'running', ready: true, pid: 7, restarts: 2 });

test('serviceRows() has the last state of each service', (t) => {
	const rows = serviceRows([start, at(2, { event: 'service', name: 'a', state: 'starting' }), ready]);
	t.deepEqual(rows, [
		{ name: 'a', state: 'running', ready: true, restarts: 2, pid: 7, since: 3, reason: null },
	]);
	t.deepEqual(serviceRows([start, ready, start]), [], 'a new boot begins without services');
});

test('conditionOf() tells the state of the whole', (t) => {
	const done = at(4, { event: 'ready' });
	const failed = at(5, { event: 'service', name: 'a', state: 'backoff' });
	const off = at(6, { event: 'shutdown', action: 'poweroff', timeoutMs: 1 });
	t.is(conditionOf([start], true), 'booting');
	t.is(conditionOf([start, ready, done], true), 'ready');
	t.is(conditionOf([start, ready, done, failed], true), 'in trouble');
	t.is(conditionOf([start, ready, done, failed, off], true), 'ending');
	t.is(conditionOf([start, ready, done], false), 'ended');
});

test('createUsageReader() makes shares of a processor from two answers', (t) => {
	const read = createUsageReader();
	const answer = (cpuSeconds: number): string =>
		[
			{ name: 'a', state: 'ready', memoryBytes: 5, cpuSeconds },
			{ name: 'b', state: 'stopped', memoryBytes: -1 },
			{ name: 'c', state: 'unheard of' },
			{ memoryBytes: 1 },
		]
			.map((each) => `${JSON.stringify(each)}\n`)
			.join('');
	t.deepEqual(read(answer(1), 1000), [
		{ name: 'a', memoryBytes: 5, cpuPercent: null },
		{ name: 'b', memoryBytes: null, cpuPercent: null },
	]);
	t.like(read(answer(1.5), 2000), [{ name: 'a', cpuPercent: 50 }]);
	t.like(read(answer(0.1), 3000), [{ name: 'a', cpuPercent: null }], 'a new container begins at 0');
	t.deepEqual(read('no JSON', 4000), []);
});

test('parseAction() takes the actions of the page and nothing else', (t) => {
	t.deepEqual(parseAction({ action: 'restart', service: 'a', more: 1 }), { action: 'restart', service: 'a' });
	t.deepEqual(parseAction({ action: 'poweroff' }), { action: 'poweroff' });
	for (const value of [
		null,
		'poweroff',
		{},
		{ action: 'exec', service: 'a' },
		{ action: 'stop' },
		{ action: 'stop', service: '' },
	])
		t.is(parseAction(value), null);
});
