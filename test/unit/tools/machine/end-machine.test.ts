// Machines without a guest: QEMU runs, and nothing in it hears.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { adoptMachine } from '../../../../tools/machine/adopt-machine.ts';
import { killMachine, stopMachine } from '../../../../tools/machine/end-machine.ts';
import { machineBases, machineFiles } from '../../../../tools/machine/machine-directories.ts';
import { writeRecord } from '../../../../tools/machine/machine-record.ts';
import { claimMachine, findMachine } from '../../../../tools/machine/machine-state.ts';
import { monitorCommand } from '../../../../tools/machine/qemu-monitor.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';
import { startSilentQemu } from './silent-qemu.ts';
import { smallRequest } from './small-request.ts';

async function runningMachine(t: ExecutionContext) {
	const folder = scratchFolder();
	const bases = machineBases({ XDG_RUNTIME_DIR: join(folder, 'r'), XDG_STATE_HOME: join(folder, 's') });
	const request = { ...smallRequest, name: '/web' };
	const claim = { name: 'web', defaultName: 'web', request, attached: false, keepsLogs: false };
	const files = machineFiles((await claimMachine(bases, claim, new Set())).place);
	for (const input of [files.consoleInput, files.eventInput]) execFileSync('mkfifo', [input]);
	for (const log of [files.consoleLog, files.eventLog]) writeFileSync(log, '');
	const trace = join(folder, 'trace');
	const tracing = ['-trace', 'qemu_system_powerdown_request', '-D', trace];
	const qemu = await startSilentQemu(files.qmp, ...tracing);
	t.teardown(() => qemu.kill('SIGKILL'));
	const entry = findMachine(bases, 'web');
	t.is(entry.pid, qemu.pid ?? null);
	return { entry, files, qemu, trace, find: () => findMachine(bases, 'web') };
}

test('stopMachine() kills what does not power off in time, and the record says so', async (t) => {
	const { entry, find } = await runningMachine(t);
	t.is(await stopMachine(entry, 300), 'killed');
	t.like(find(), { pid: null, isUp: false });
	t.is(find().record.ended, 'killed by "slipway stop" after 0.3 s');
	t.is(await stopMachine(find(), 300), 'not running');
});

test('killMachine() kills a machine whose record cannot be written, as on a full disk, and leaves no half of one', async (t) => {
	const { entry, files, qemu } = await runningMachine(t);
	const ended = once(qemu, 'exit');
	rmSync(files.record);
	mkdirSync(files.record);
	t.throws(() => writeRecord(entry.place, entry.record), {
		message: /^The record of the machine web can't be/,
	});
	t.is(await killMachine(entry, 'ended by a test'), 'killed');
	await ended;
	t.deepEqual(
		readdirSync(entry.place.state).filter((name) => name.startsWith('.')),
		[],
	);
});

test('stopMachine() ends a guest that panicked at once', async (t) => {
	const { entry, files, find } = await runningMachine(t);
	appendFileSync(files.consoleLog, '[    1.0] Kernel panic - not syncing: gone\r\n');
	t.is(await stopMachine(entry, 3_600_000), 'killed');
	t.is(find().pid, null);
});

test('stopMachine() presses the power button of a guest that has reported nothing', async (t) => {
	const { entry, trace } = await runningMachine(t);
	const stopped = stopMachine(entry, 3_600_000);
	await eventually(() => readFileSync(trace, 'utf8').includes('system_powerdown_request'), { pauseMs: 20 });
	await killMachine(entry, 'ended by a test');
	// It waited for the end, and did not kill the machine itself.
	t.is(await stopped, 'powered off');
});

test('monitorCommand() says what QEMU answers', async (t) => {
	const { files, qemu } = await runningMachine(t);
	await t.throwsAsync(monitorCommand(files.qmp, 'send-key', { keys: 1 }), { message: /send-key: .*keys/ });
	const ended = once(qemu, 'exit');
	await monitorCommand(files.qmp, 'quit');
	t.deepEqual(await ended, [0, null]);
	await t.throwsAsync(monitorCommand(files.qmp, 'quit'), {
		message: /did not take quit: .*(ENOENT|ECONNREFUSED)/,
	});
});

test('killMachine() keeps the reason', async (t) => {
	const { entry, find } = await runningMachine(t);
	t.is(await killMachine(entry, 'killed by a test'), 'killed');
	t.like(find(), { pid: null, isUp: false });
	t.is(find().record.ended, 'killed by a test');
});

test('adoptMachine() follows the logs, and learns of the end from the processes', async (t) => {
	const { entry, files, qemu } = await runningMachine(t);
	const machine = adoptMachine(entry);
	let text = '';
	machine.emitter.on('console', (bytes) => (text += bytes.toString()));
	appendFileSync(files.consoleLog, 'hello\n');
	await eventually(() => text === 'hello\n', { pauseMs: 10 });
	const off = { at: 3, event: 'shutdown', action: 'poweroff', timeoutMs: 1, msg: 'poweroff' };
	appendFileSync(files.eventLog, `${JSON.stringify(off)}\n`);
	qemu.kill('SIGKILL');
	t.like(await machine.exited, { exitCode: 0, shutdown: 'poweroff', lost: null });
	t.throws(() => adoptMachine({ ...entry, pid: null }), { message: /web does not run/ });
});
