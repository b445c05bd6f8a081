import test from 'ava';
import { describeExit } from '../../../../tools/machine/machine-end.ts';

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
