import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BootState, type StepProgress } from '../../../../init/process/boot-state.ts';
import { endProcesses } from '../../../../init/shutdown/end-processes.ts';
import { type ShutdownParts, shutDown } from '../../../../init/shutdown/shutdown.ts';
import { runSteps, type Step } from '../../../../init/shutdown/shutdown-steps.ts';
import { unmountAll } from '../../../../init/shutdown/unmount-all.ts';
import type { Unmount } from '../../../../init/shutdown/unmount-plan.ts';
import type { Deadline } from '../../../../native/native.ts';
import type { Log } from '../../../../supervisor/context/log.ts';
import type { Supervisor } from '../../../../supervisor/supervisor.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { noRunNetworks } from '../../../helpers/no-runs.ts';

function createLog(): { log: Log; lines: string[] } {
	const lines: string[] = [];
	const write = (_: unknown, message: string): void => void lines.push(message);
	return {
		lines,
		log: { debug: write, info: write, warn: write, error: write, event: write, show: () => undefined },
	};
}

interface Ending {
	readonly parts: ShutdownParts;
	/** What was done to the system, in order. */
	readonly order: readonly string[];
	readonly stateFile: string;
}

function createEnding(
	t: ExecutionContext,
	log: Log,
	answers: Parameters<typeof createFakeNative>[0] = {},
): Ending {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-shutdown-'));
	t.teardown(() => rmSync(folder, { recursive: true }));
	const stateFile = join(folder, 'state.json');
	const order: string[] = [];
	let processes = [{ pid: 7, name: 'sh' }];
	const { native } = createFakeNative({
		armDeadline({ rebootAtMs, triggerAtMs, key, triggerFd, noticeFd }: Deadline) {
			order.push(`deadline ${rebootAtMs}, ${key} ${triggerAtMs}`);
			for (const fd of [triggerFd, noticeFd]) if (fd !== null) closeSync(fd);
		},
		disarmDeadline: () => order.push('disarm'),
		kill: (pid: number) => {
			order.push(`kill ${pid}`);
			processes = [];
		},
		sync: () => order.push('sync'),
		swapoff: (path: string) => order.push(`swapoff ${path}`),
		umount2: (path: string) => order.push(`umount ${path}`),
		reboot: () => order.push('reboot'),
		...answers,
	});
	const supervisor: Supervisor = {
		runOnboot: () => Promise.reject(),
		stopOnboot: async () => void order.push('onboot'),
		startServices: () => Promise.reject(),
		replaceServices: () => Promise.reject(),
		stopServices: async () => void order.push('services'),
		services: () => [],
		runNetworks: noRunNetworks,
		stopTimeoutMs: () => 1000,
		hasOnshutdown: () => true,
		runOnshutdown: async (timeoutMs) => void order.push(`onshutdown ${timeoutMs}`),
	};
	const parts: ShutdownParts = {
		native,
		log,
		supervisor,
		state: new BootState(stateFile),
		nowMs: () => 1000,
		listProcesses: () => processes,
		planUnmounts: () => [{ path: '/tmp', how: 'quiet' }],
		listSwaps: () => ['/var/swap'],
		ownsDisks: true,
		flushLogs: () => void order.push('flush'),
	};
	return { parts, order, stateFile };
}

const isDeadline = (line: string): boolean => line.startsWith('deadline');

test('shutDown() ends onboot and services, then other processes, then file systems, then the machine', async (t) => {
	const { parts, order, stateFile } = createEnding(t, createLog().log);
	await shutDown('poweroff', parts);
	const stopped = ['onboot', 'services', 'onshutdown 60000', 'kill -1'];
	t.deepEqual(
		order.filter((line) => !isDeadline(line)),
		[...stopped, 'sync', 'swapoff /var/swap', 'umount /tmp', 'sync', 'flush', 'reboot'],
	);
	t.is(new BootState(stateFile).shutdown, 'poweroff', 'a crash on the way does not undo it');
});

test('shutDown() arms the deadline before its first step: the sum of all timeouts and 4 s; sysrq 30 s later', async (t) => {
	const { parts, order } = createEnding(t, createLog().log);
	await shutDown('reboot', parts);
	// onboot 8, services 1 + 5, onshutdown 65, processes 10, file systems 30: 119 s from 1 s on.
	const deadlines = order.filter(isDeadline);
	t.is(order[0], 'deadline 124000, b 154000');
	t.is(deadlines[1], 'deadline 116000, b 146000', 'a step that ends early moves the end forward');
	t.is(deadlines.at(-1), 'deadline 5000, b 35000');
	const [before] = order.slice(-3);
	t.is(before, deadlines.at(-1), 'for the last lines and for reboot(2) itself');
});

test('shutDown() of a system whose root is gone goes on by reboot(2) when PID 1 crashes on the way', async (t) => {
	const ends: number[] = [];
	const { parts, order } = createEnding(t, createLog().log, {
		endOnCrash: (noticeFd: number, _: string, command: number) => {
			ends.push(command);
			if (noticeFd > 2) closeSync(noticeFd);
		},
	});
	parts.state.isRootGone = true;
	await shutDown('poweroff', parts);
	t.deepEqual(ends, [parts.native.constants['RB_POWER_OFF'] ?? null]);
	t.is(order.at(-1), 'reboot');
	const other = createEnding(t, createLog().log, { endOnCrash: () => t.fail('its root is there') });
	await shutDown('poweroff', other.parts);
});

test('shutDown(), resumed, repeats no step and does not restart its timeouts', async (t) => {
	const { parts, order } = createEnding(t, createLog().log);
	parts.state.shutdownProgress = { stepsDone: ['onboot', 'services'], endsAtMs: 91_000 };
	await shutDown('poweroff', parts);
	// 105 s when onshutdown began, of which 15 are over.
	t.deepEqual(order.slice(0, 2), ['deadline 95000, o 125000', 'onshutdown 45000']);
});

test('shutDown() rejects and disarms the deadline when the kernel refuses to end', async (t) => {
	const { parts, order } = createEnding(t, createLog().log, {
		reboot: () => {
			throw new Error('EPERM');
		},
	});
	await t.throwsAsync(shutDown('halt', parts), { message: 'EPERM' });
	t.is(order.at(-1), 'disarm');
});

test('shutDown() logs that no deadline can be armed, and goes on', async (t) => {
	const { log, lines } = createLog();
	const { parts, order } = createEnding(t, log, {
		armDeadline: () => {
			throw new Error('EAGAIN');
		},
	});
	await shutDown('halt', parts);
	t.is(order.at(-1), 'reboot');
	t.true(lines.includes('a halt that hangs will not be ended: Error: EAGAIN'));
});

test('runSteps() goes on after a step that hangs, one that fails and one without time left', async (t) => {
	const { log, lines } = createLog();
	const ran: string[] = [];
	const noted: StepProgress[] = [];
	let nowMs = 0;
	const steps: readonly Step[] = [
		{ what: 'hangs', timeoutMs: 10, run: () => new Promise(() => undefined) },
		{
			what: 'fails',
			timeoutMs: 10,
			run: () => {
				nowMs = 17;
				throw new Error('broken');
			},
		},
		{ what: 'too late', timeoutMs: 5, run: () => void ran.push('too late') },
		{ what: 'works', timeoutMs: 5, run: () => void ran.push('works') },
	];
	await runSteps(steps, [], null, { log, nowMs: () => nowMs, note: (progress) => void noted.push(progress) });
	t.deepEqual(lines, ['hangs: not done after 0.01 s', 'fails: broken', 'too late: not done after 0.005 s']);
	t.deepEqual(ran, ['works']);
	t.deepEqual(
		noted.map(({ stepsDone, endsAtMs }) => `${stepsDone.length} done, ends at ${endsAtMs}`),
		[
			'0 done, ends at 30',
			'1 done, ends at 20',
			'2 done, ends at 20',
			'3 done, ends at 20',
			'4 done, ends at 17',
		],
	);
});

test('endProcesses() kills processes that ignore SIGTERM, and logs them and those that do not end', async (t) => {
	const { native, calls } = createFakeNative();
	const { log, lines } = createLog();
	const two = [
		{ pid: 7, name: 'sh' },
		{ pid: 8, name: 'sleep' },
	];
	await endProcesses(native, log, () => two, { termMs: 1, killMs: 1 });
	t.deepEqual(
		calls.map(({ args }) => args[1]),
		[native.constants['SIGTERM'], native.constants['SIGKILL']],
	);
	t.deepEqual(lines, [
		'2 processes (sh 7, sleep 8) did not end in 0.001 s and are killed',
		'2 processes (sh 7, sleep 8) do not end, not even by SIGKILL',
	]);
	await endProcesses(native, log, () => [], { termMs: 1, killMs: 1 });
	t.is(calls.length, 2, 'nobody there: no signal');
});

const coded = (code: string): Error => Object.assign(new Error(code), { code });

test('unmountAll() makes disks read-only and unmounts them, in the order of the plan', async (t) => {
	const { log, lines } = createLog();
	const { native, calls } = createFakeNative({
		umount2: (path: string, flags: number) => {
			if (path === '/busy' && flags === native.constants['UMOUNT_NOFOLLOW']) throw coded('EBUSY');
		},
		mount: (_: null, path: string) => {
			if (path === '/odd') throw coded('EINVAL');
		},
	});
	const plan: Unmount[] = [
		{ path: '/busy', how: 'plain' },
		{ path: '/tmp', how: 'quiet' },
		{ path: '/net', how: 'detach' },
		{ path: '/odd', how: 'plain' },
	];
	await unmountAll(native, log, plan, true);
	const names = new Map([
		[native.constants['UMOUNT_NOFOLLOW'], ''],
		[native.constants['MNT_DETACH'], ' detached'],
	]);
	const done = calls.map(({ method, args }) =>
		method === 'mount' ? `read-only ${args[1]}` : `${args[0]}${names.get(args[1] as number)}`,
	);
	t.deepEqual(done, [
		...['read-only /busy', '/busy', '/busy detached'],
		...['/tmp', '/net detached', 'read-only /odd', '/odd'],
	]);
	t.deepEqual(lines, [], 'each of them is clean');

	const before = calls.length;
	await unmountAll(native, log, plan, false);
	t.false(
		calls.slice(before).some(({ method }) => method === 'mount'),
		'the disks of the machine around a namespace',
	);
});

test('unmountAll() waits for a disk that the kernel is about to release', async (t) => {
	const { log, lines } = createLog();
	let left = 3;
	const { native, calls } = createFakeNative({
		mount: () => {
			left -= 1;
			if (left > 0) throw coded('EBUSY');
		},
	});
	await unmountAll(native, log, [{ path: '/var', how: 'plain' }], true);
	t.deepEqual(
		calls.map(({ method }) => method),
		['mount', 'mount', 'mount', 'umount2'],
	);
	t.deepEqual(lines, []);
});

test('unmountAll() logs a disk that is written to until the end', async (t) => {
	const { log, lines } = createLog();
	const { native } = createFakeNative({
		mount: () => {
			throw coded('EBUSY');
		},
	});
	await unmountAll(native, log, [{ path: '/var', how: 'plain' }], true);
	t.deepEqual(lines, ['/var is still written to: EBUSY']);
});
