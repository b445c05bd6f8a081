import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { isRunning, processName } from '../../../../tools/files/process-name.ts';

test('isRunning() knows a process until it has ended', async (t) => {
	const child = spawn('sleep', ['100']);
	const name = processName(child.pid ?? 0) ?? '';
	t.true(isRunning(name));
	child.kill('SIGKILL');
	await once(child, 'exit');
	t.false(isRunning(name));
});

test('isRunning() is not deceived by a later process of the same number', (t) => {
	const [system, pid, start] = (processName(process.pid) ?? '').split('.');
	t.true(isRunning(`${system}.${pid}.${start}`));
	t.false(isRunning(`${system}.${pid}.${Number(start) - 1}`));
	t.false(isRunning(`00000000.${pid}.${start}`));
	t.false(isRunning(''));
});
