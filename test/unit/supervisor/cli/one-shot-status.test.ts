import test from 'ava';
import { findOneShot, oneShotStatus } from '../../../../supervisor/cli/one-shot-status.ts';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';

const events: readonly GuestEventLine[] = [
	{ event: 'init', resumed: false, version: 'v1', at: 1, msg: '' },
	{ event: 'onboot', name: '000-dhcpcd', state: 'started', at: 2, msg: '' },
	{ event: 'onboot', name: '000-dhcpcd', state: 'done', durationMs: 1500, at: 3.5, msg: '' },
	{ event: 'onboot', name: '001-format', state: 'failed', durationMs: 20, reason: 'no disk', at: 4, msg: '' },
	{ event: 'onshutdown', name: '000-bye', state: 'started', at: 9, msg: '' },
];
const all = oneShotStatus(events);

test('oneShotStatus() returns the last state of each', (t) => {
	t.deepEqual(all, [
		{ name: 'onboot/000-dhcpcd', state: 'done', durationMs: 1500, since: 3.5, reason: null },
		{ name: 'onboot/001-format', state: 'failed', durationMs: 20, since: 4, reason: 'no disk' },
		{ name: 'onshutdown/000-bye', state: 'started', durationMs: null, since: 9, reason: null },
	]);
});

test('findOneShot() accepts the full name, the folder, or the name in the YAML', (t) => {
	for (const name of ['onboot/001-format', '001-format', 'format'])
		t.is(findOneShot(name, all)?.name, 'onboot/001-format');
	t.is(findOneShot('onboot', all), null);
	t.is(findOneShot('', all), null);
});
