import test from 'ava';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { hopelessness, stillInTrouble } from '../../../../tools/machine/wait-until-ready.ts';

const line = { at: 1, msg: 'no such program' };

test('stillInTrouble() tells the last word on each part that is not well', (t) => {
	t.deepEqual(
		stillInTrouble([
			{ ...line, event: 'service', name: 'a', state: 'backoff' },
			{ ...line, event: 'service', name: 'a', state: 'running', ready: true },
			{ ...line, event: 'service', name: 'b', state: 'backoff' },
			{ ...line, event: 'onboot', name: 'c', state: 'failed' },
			{ ...line, event: 'stage', stage: 'root', state: 'done', durationMs: 1 },
		]),
		['service b: no such program', 'onboot c: no such program'],
	);
});

test('stillInTrouble() lets nothing of the guest command the terminal', (t) => {
	const lastLines = ['\u001b]0;title\u0007'];
	const [told = ''] = stillInTrouble([
		{ ...line, msg: 'a\u009bb', event: 'onboot', name: 'c\u001b[2J', state: 'failed', lastLines },
	]);
	t.is(told, 'onboot c [2J: a b\n       ]0;title ');
});

test('stillInTrouble() counts a service with a probe as well once it is ready', (t) => {
	t.deepEqual(
		stillInTrouble([
			{ ...line, event: 'service', name: 'a', state: 'running' },
			{ ...line, event: 'service', name: 'a', state: 'ready', ready: true },
		]),
		[],
	);
});

test('stillInTrouble() names a service that runs and never becomes ready', (t) => {
	t.deepEqual(stillInTrouble([{ at: 1, msg: 'running', event: 'service', name: 'a', state: 'running' }]), [
		'service a: running, but is not ready yet',
	]);
});

const outlooks: readonly [event: GuestEventLine, expected: string | null][] = [
	[{ ...line, event: 'onboot', name: 'a', state: 'failed' }, 'the onboot container a failed'],
	[{ ...line, event: 'onboot', name: 'a', state: 'done' }, null],
	[{ ...line, event: 'service', name: 'b', state: 'failed' }, 'the service b failed for good'],
	[{ ...line, event: 'service', name: 'b', state: 'backoff' }, null],
	[{ ...line, event: 'service', name: 'b', state: 'stopped' }, null],
	[{ ...line, event: 'ready' }, null],
];
for (const [event, expected] of outlooks) {
	const state = 'state' in event ? `${event.event} ${event.state}` : event.event;
	test(`hopelessness() of ${state} is ${expected}`, (t) => {
		t.is(hopelessness(event), expected);
	});
}
