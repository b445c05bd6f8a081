import test from 'ava';
import { describeExit, stillInTrouble } from '../../../../tools/machine/wait-until-ready.ts';

const line = { at: 1, msg: 'no such program' };

test('stillInTrouble() tells the last word on each part that is not well', (t) => {
	t.deepEqual(
		stillInTrouble([
			{ ...line, event: 'service', name: 'a', state: 'backoff' },
			{ ...line, event: 'service', name: 'a', state: 'running' },
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
		{ ...line, msg: 'a\u009bb', event: 'onboot', name: 'c', state: 'failed', lastLines },
	]);
	t.is(told, 'onboot c: a b\n       ]0;title ');
});

test('describeExit() knows a panic from a shutdown', (t) => {
	const exit = { exitCode: 0, signal: null, shutdown: null, lost: null, qemuSays: '' } as const;
	t.regex(describeExit(exit), /restarted without a shutdown/);
	t.is(describeExit({ ...exit, lost: 'its kernel panicked: no init' }), 'its kernel panicked: no init');
	const qemuSays = "-netdev user: Could not set up host forwarding rule 'tcp:127.0.0.1:6379-:6379'";
	t.regex(describeExit({ ...exit, exitCode: 1, qemuSays }), /^port 6379 of 127\.0\.0\.1 is in use/);
	const locked =
		'-drive file=a.img,format=raw,if=virtio: Failed to get "write" lock\nIs another process using it?';
	t.is(
		describeExit({ ...exit, exitCode: 1, qemuSays: locked }),
		'the disk a.img is in use by another machine',
	);
	t.regex(describeExit({ ...exit, shutdown: 'poweroff' }), /shut down \(poweroff\)/);
	t.regex(describeExit({ ...exit, exitCode: 1, qemuSays: 'no such file' }), /exit code 1 \(no such file\)/);
	t.regex(describeExit({ ...exit, exitCode: null, signal: 'SIGKILL' }), /SIGKILL/);
});
