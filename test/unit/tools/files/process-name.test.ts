import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import test from 'ava';
import { readProcessStat } from '../../../../native/linux/proc-stat.ts';
import { isRunning, processName } from '../../../../tools/files/process-name.ts';
import { eventually } from '../../../helpers/eventually.ts';

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

test('isRunning() takes no killed process for one that runs, when nobody has waited for it', async (t) => {
	// sleep waits for no child.
	const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.teardown(() => parent.kill('SIGKILL'));
	const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
	const pid = Number(line);
	const name = processName(pid) ?? '';
	await eventually(() => readProcessStat(parent.pid ?? 0)?.name === 'sleep');
	t.true(isRunning(name));
	process.kill(pid, 'SIGKILL');
	await eventually(() => readProcessStat(pid)?.isZombie === true);
	t.false(isRunning(name));
	t.is(processName(pid), null);
});
