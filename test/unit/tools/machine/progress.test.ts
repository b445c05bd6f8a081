import test from 'ava';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { progressLine } from '../../../../tools/machine/progress.ts';

test('progressLine() tells when, what, and how long it took', (t) => {
	const stage: GuestEventLine = {
		event: 'stage',
		stage: 'root',
		state: 'done',
		durationMs: 1234,
		at: 9.5,
		msg: 'moved 3 files',
	};
	t.is(progressLine(stage), '[   9.500] root                 moved 3 files in 1.23 s');
	const service: GuestEventLine = {
		event: 'service',
		name: 'redis',
		state: 'running',
		at: 12,
		msg: 'running, pid 7',
	};
	t.is(progressLine(service), '[  12.000] service redis        running, pid 7');
});

test('progressLine() lets no control character of the guest reach the terminal', (t) => {
	const line = progressLine({ event: 'ready', at: 1, msg: 'a\u001b[2Jb\nc' });
	t.is(line, '[   1.000] ready                a [2Jb c');
});
