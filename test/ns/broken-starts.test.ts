// A start of a service that breaks: at each of its steps containerd, the shim, runc and PID 1 are killed, stopped for a
// while and stopped for good. The service runs afterwards, once, and nothing is left of it when it is stopped.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { openControlClient } from '../../supervisor/cli/control-client.ts';
import { createContainerdClient } from '../../supervisor/containerd/containerd-client.ts';
import { connectGrpc } from '../../supervisor/containerd/grpc-connection.ts';
import type { Request, ServiceStatus } from '../../supervisor/contract/protocol.ts';
import { createSemaphore } from '../../supervisor/service/semaphore.ts';
import { eventually } from '../helpers/eventually.ts';
import { type HeldStep, heldSteps, holdPrograms } from './held-programs.ts';
import {
	forever,
	mountsUnder,
	processesNaming,
	type SupervisedGuest,
	service,
	startGuest,
	writable,
} from './supervised-guest.ts';

/** Few at a time, because each case is a containerd of its own. */
const cases = createSemaphore(3, 600_000);
const timeouts = { lateMs: 1000, lostMs: 4000 };
const name = 'steady';

type Victim = 'containerd' | 'shim' | 'held' | 'pid1';
type Fault = 'killed' | 'stopped for a while' | 'stopped for good';

function commandLine(pid: number): string {
	return readTextOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

/** The shims, without the wrapper and the short-lived `start` and `delete`. */
function shims(guest: SupervisedGuest): number[] {
	return processesNaming(guest.root, guest.id).filter((pid) => {
		const words = commandLine(pid);
		return words.includes('containerd-shim-runc-v2 -namespace') && !/ (start|delete) $/.test(words);
	});
}

async function inflict(
	guest: SupervisedGuest,
	victim: Victim,
	fault: Fault,
	held: number,
): Promise<() => void> {
	if (victim === 'pid1') {
		await guest.crash();
		void guest.command('start');
		return () => undefined;
	}
	const pids = victim === 'held' ? [held] : victim === 'containerd' ? [guest.containerdPid()] : shims(guest);
	if (pids.length === 0) throw new Error(`there is no ${victim}`);
	for (const pid of pids) process.kill(pid, fault === 'killed' ? 'SIGKILL' : 'SIGSTOP');
	return () => {
		for (const pid of pids) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGCONT');
	};
}

async function prepare(t: ExecutionContext) {
	const guest = await startGuest(t, timeouts);
	const held = holdPrograms(guest.root);
	const folder = join(guest.root, 'containers/services', name);
	guest.addBundle(`services/${name}`, `echo begun; ${forever}`, writable(folder), {
		restart: { delayMs: 200, maxDelayMs: 400 },
	});
	return { guest, held };
}

/** The service runs in one process of one container, and a stop leaves nothing of it. */
async function runsOnceAndEnds(t: ExecutionContext, guest: SupervisedGuest): Promise<void> {
	const runs = async (): Promise<boolean> => {
		const status = await ask<ServiceStatus>(guest, { command: 'status', name });
		return status.state === 'running';
	};
	const tasks = join(guest.root, 'containerd/state/io.containerd.runtime.v2.task', guest.id);
	// containerd may still undo the start that broke, and take the next one with it; then there is another.
	const runsWhole = async (): Promise<boolean> =>
		(await runs()) &&
		readdirSync(tasks).join() === name &&
		programs().length === 1 &&
		shims(guest).length === 1;
	const programs = () =>
		processesNaming(guest.root, guest.id).filter((pid) =>
			commandLine(pid).startsWith('/bin/sh -c echo begun'),
		);
	const what = 'the service to run, in one process with one shim';
	try {
		await eventually(runsWhole, { timeoutMs: 60_000, pauseMs: 200, what });
	} catch (error) {
		const found = { tasks: readdirSync(tasks), programs: programs(), shims: shims(guest) };
		t.log(`is there instead: ${JSON.stringify(found)}`);
		throw error;
	}
	await ask(guest, { command: 'stop', name });
	const connection = await connectGrpc(join(guest.root, 'c.sock'));
	const client = createContainerdClient(connection, guest.id);
	const nothing = async () =>
		(await client.listContainers()).length === 0 &&
		(await client.listTasks()).length === 0 &&
		readdirSync(tasks).length === 0 &&
		shims(guest).length === 0;
	await eventually(nothing, { pauseMs: 50, what: 'nothing in containerd' });
	connection.close();
	await guest.command('stop');
	t.deepEqual(readdirSync(join('/run/containerd/runc', guest.id)), []);
	t.deepEqual(mountsUnder(guest.root), []);
	t.deepEqual(processesNaming(guest.root, guest.id).map(commandLine), []);
	t.deepEqual(cgroups(guest), []);
}

async function ask<T>(guest: SupervisedGuest, request: Request): Promise<T> {
	const client = await openControlClient(join(guest.root, 'control.sock'));
	try {
		return await client.request<T>(request);
	} finally {
		client.close();
	}
}

function cgroups({ id }: SupervisedGuest): string[] {
	return ['.', ...readdirSync('/sys/fs/cgroup')]
		.map((hierarchy) => join('/sys/fs/cgroup', hierarchy, id, `services-${name}`))
		.filter((path) => existsSync(path));
}

const breaks = test.macro({
	async exec(t, step: HeldStep, victim: Victim, fault: Fault) {
		await cases.run(async () => {
			const { guest, held } = await prepare(t);
			held.hold(step);
			const started = guest.command('start', 120_000).catch(() => undefined);
			const pid = await held.reached(step);
			const goOn = await inflict(guest, victim, fault, pid);
			held.release(step);
			if (fault === 'stopped for a while') {
				await guest.next((line) => line.level === 'warn' && /PID 1 waits for it/.test(line.message ?? ''));
				goOn();
			}
			await runsOnceAndEnds(t, guest).catch((error: unknown) => {
				throw new Error(`${errorMessage(error)}\n${guest.lines.map((line) => line.message).join('\n')}`);
			});
			goOn();
			const isLate = fault === 'stopped for a while';
			if (isLate) t.is(guest.lines.filter(service(name, 'starting')).length, 1, 'the late start counts');
			if (isLate) t.is(guest.output(name, 'stdout'), 'begun\nbye\n');
			await started;
		});
	},
	title: (_, step, victim, fault) => `a start survives: ${victim} ${fault} at ${step}`,
});

const faults = ['killed', 'stopped for a while', 'stopped for good'] as const;
for (const step of heldSteps) {
	test(breaks, step, 'pid1', 'killed');
	for (const fault of faults) {
		test(breaks, step, 'held', fault);
		test(breaks, step, 'containerd', fault);
		if (step !== 'shim-start.before') test(breaks, step, 'shim', fault);
	}
}

test('a start survives: containerd stopped, and killed when the program runs; it is adopted', async (t) => {
	await cases.run(async () => {
		const { guest, held } = await prepare(t);
		held.hold('runc-start.after');
		const started = guest.command('start', 120_000);
		await held.reached('runc-start.after');
		const containerd = guest.containerdPid();
		process.kill(containerd, 'SIGSTOP');
		held.release('runc-start.after');
		// The shim has its answer when the wrapper is gone, and containerd never passes it on.
		const isDone = () =>
			!processesNaming(guest.root, guest.id).some((pid) => commandLine(pid).includes('/bin/runc'));
		await eventually(isDone, { pauseMs: 20, what: 'runc to end' });
		process.kill(containerd, 'SIGKILL');
		await guest.next((line) => line.message === `service ${name}: its start has succeeded late`);
		await runsOnceAndEnds(t, guest);
		await started;
		t.is(guest.output(name, 'stdout'), 'begun\nbye\n');
	});
});
