import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { BootState } from '../../../init/boot-state.ts';
import { endProcesses } from '../../../init/end-processes.ts';
import { runSteps, shutDown } from '../../../init/shutdown.ts';
import { unmountAll } from '../../../init/unmount-all.ts';
import type { Log } from '../../../supervisor/log.ts';
import { createFakeNative } from './fake-native.ts';

function createLog(): { log: Log; lines: string[] } {
	const lines: string[] = [];
	const write = (_: unknown, message: string): void => void lines.push(message);
	return {
		lines,
		log: { debug: write, info: write, warn: write, error: write, event: write, show: () => undefined },
	};
}

test('shutDown() stops onboot and services, then all else, then the file systems, then the machine', async (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-shutdown-'));
	t.teardown(() => rmSync(folder, { recursive: true }));
	const { log } = createLog();
	const order: string[] = [];
	let processes = 3;
	const { native } = createFakeNative({
		kill: (pid: number) => {
			order.push(`kill ${pid}`);
			processes = 0;
		},
		sync: () => order.push('sync'),
		umount2: (path: string) => order.push(`umount ${path}`),
		reboot: () => order.push('reboot'),
	});
	const state = new BootState(join(folder, 'state.json'));
	await shutDown('poweroff', {
		native,
		log,
		state,
		supervisor: {
			runOnboot: () => Promise.reject(),
			stopOnboot: async () => void order.push('onboot'),
			startServices: () => Promise.reject(),
			stopServices: async () => void order.push('services'),
			services: () => [],
			stopLimitMs: () => 1000,
			runOnshutdown: async () => void order.push('onshutdown'),
		},
		countProcesses: () => processes,
		planUnmounts: () => [{ path: '/tmp', how: 'quiet' }],
		flushLogs: () => void order.push('flush'),
	});
	const stopped = ['onboot', 'services', 'onshutdown', 'kill -1'];
	t.deepEqual(order, [...stopped, 'sync', 'umount /tmp', 'sync', 'flush', 'reboot']);
	t.is(new BootState(join(folder, 'state.json')).shutdown, 'poweroff', 'a crash on the way does not undo it');
});

test('runSteps() goes on after a step that hangs and one that fails', async (t) => {
	const { log, lines } = createLog();
	const ran: string[] = [];
	await runSteps(
		[
			{ what: 'hangs', limitMs: 10, run: () => new Promise(() => undefined) },
			{
				what: 'fails',
				limitMs: 10,
				run: () => {
					throw new Error('broken');
				},
			},
			{ what: 'works', limitMs: 10, run: () => void ran.push('works') },
		],
		log,
	);
	t.deepEqual(lines, ['hangs: not done after 0.01 s', 'fails: broken']);
	t.deepEqual(ran, ['works']);
});

test('endProcesses() kills those that do not listen, and gives up on those that can not', async (t) => {
	const { native, calls } = createFakeNative();
	t.is(await endProcesses(native, () => 2, { termMs: 1, killMs: 1 }), 2);
	t.deepEqual(
		calls.map(({ args }) => args[1]),
		[native.constants['SIGTERM'], native.constants['SIGKILL']],
	);
	t.is(await endProcesses(native, () => 0, { termMs: 1, killMs: 1 }), 0);
	t.is(calls.length, 2, 'nobody there: no signal');
});

test('unmountAll() makes read-only what is busy, and detaches it last', (t) => {
	const { log, lines } = createLog();
	const { native, calls } = createFakeNative({
		umount2: (path: string, flags: number) => {
			if (path !== '/mnt' && flags === native.constants['UMOUNT_NOFOLLOW']) throw new Error('EBUSY');
		},
		mount: () => {
			throw new Error('EBUSY');
		},
	});
	unmountAll(native, log, [
		{ path: '/var', how: 'plain' },
		{ path: '/tmp', how: 'quiet' },
		{ path: '/net', how: 'detach' },
		{ path: '/mnt', how: 'plain' },
	]);
	const names = new Map([
		[native.constants['UMOUNT_NOFOLLOW'], ''],
		[native.constants['MNT_DETACH'], ' detached'],
	]);
	const done = calls.map(({ method, args }) =>
		method === 'mount' ? `read-only ${args[1]}` : `${args[0]}${names.get(args[1] as number)}`,
	);
	t.deepEqual(done, ['/var', 'read-only /var', '/var detached', '/tmp', '/net detached', '/mnt']);
	t.deepEqual(lines, ['/var is still written to: Error: EBUSY']);
});
