import test from 'ava';
import { styled } from '../../../../native/text/colour.ts';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { isDetail, progressLine } from '../../../../tools/machine/progress.ts';

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

test('progressLine() has the colour of the state where colours are wanted', (t) => {
	const service = (state: 'failed' | 'ready' | 'starting'): GuestEventLine => {
		return { event: 'service', name: 'web', state, at: 1, msg: state };
	};
	const plain = (event: GuestEventLine) => progressLine(event);
	for (const [event, style] of [
		[service('failed'), 'bad'],
		[service('ready'), 'good'],
	] as const) {
		t.is(progressLine(event, true), styled(plain(event), style));
	}
	t.is(progressLine(service('starting'), true), plain(service('starting')));
});

test('isDetail() is a stage that the machine does not need', (t) => {
	const stage = (state: 'skipped' | 'done'): GuestEventLine => {
		return { event: 'stage', stage: 'clock', state, durationMs: 1, at: 1, msg: 'not needed: it is right' };
	};
	t.true(isDetail(stage('skipped')));
	t.false(isDetail(stage('done')));
});
