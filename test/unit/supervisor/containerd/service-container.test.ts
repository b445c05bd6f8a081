import test from 'ava';
import type { Task } from '../../../../supervisor/containerd/containerd-client.ts';
import type { NotedEnd } from '../../../../supervisor/containerd/service-container.ts';
import { endFound } from '../../../../supervisor/containerd/service-container.ts';

const stopped = (exitStatus: number): Task => ({ id: 'app', pid: 7, status: 'stopped', exitStatus });
const noted: NotedEnd = { reason: 'exited with status 9', succeeded: false };

const finds = test.macro({
	exec(t, _what: string, task: Task | null, end: NotedEnd | null, expected: NotedEnd) {
		t.deepEqual(endFound(task, end), expected);
	},
	title: (_, what) => `endFound() ${what}`,
});

test(finds, 'uses the status of containerd', stopped(0), null, {
	reason: 'exited with status 0',
	succeeded: true,
});
test(finds, 'names a signal', stopped(137), null, {
	reason: 'exited with status 137 (SIGKILL)',
	succeeded: false,
});
test(finds, 'uses the record of PID 1 after it removed the container and crashed', null, noted, noted);
test(finds, 'reports that nothing is known', null, null, {
	reason: 'was not running when PID 1 came back',
	succeeded: false,
});
