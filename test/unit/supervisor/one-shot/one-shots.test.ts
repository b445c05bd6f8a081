import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { writeStateFile } from '../../../../supervisor/context/state-file.ts';
import { createStopRequest } from '../../../../supervisor/one-shot/end-early.ts';
import { runOneShots } from '../../../../supervisor/one-shot/one-shots.ts';
import { exited, fakeChildren, killed } from '../../../helpers/fake-children.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { addBundle, scratchPaths } from '../../../helpers/scratch-paths.ts';

const now = () => performance.now();
const power = (action: string): never => {
	throw new Error(`nothing requested a ${action}`);
};

test('runOneShots() runs each container in order, and the next one after a failure', async (t) => {
	const paths = scratchPaths();
	const b = addBundle(paths, 'onboot/001-b');
	const a = addBundle(paths, 'onboot/000-a');
	const { children, calls } = fakeChildren((request) => {
		if (!request.args.includes('000-a')) return exited(0);
		writeSync(request.stdio[2], 'first\nno such device\n');
		return exited(3);
	});
	const { log, lines, events, messages } = fakeLog();
	await runOneShots('onboot', { native: createFakeNative().native, children, log, now, power }, paths, null);

	t.deepEqual(calls, [
		`runc --root /run/runc run --bundle ${a} 000-a`,
		`runc --root /run/runc run --bundle ${b} 001-b`,
	]);
	t.deepEqual(
		events.map((event) => ('name' in event ? `${event.name} ${event.state}` : event.event)),
		['000-a started', '000-a failed', '001-b started', '001-b done'],
	);
	const log000 = join(paths.runLog, 'onboot.000-a.log');
	t.is(messages[1], `exited with status 3; its log is ${log000}`);
	t.deepEqual(lines, ['error the last lines of 000-a:\n    first\n    no such device']);
	t.is(readFileSync(join(paths.log, 'onboot.000-a.log'), 'utf8'), 'first\nno such device\n');
});

test('runOneShots() says which capability a failed container may have lacked', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onboot/000-a');
	const { children } = fakeChildren((request) => {
		writeSync(request.stdio[2], 'chown: /data: Operation not permitted\n');
		return exited(1);
	});
	const { log, lines } = fakeLog();
	await runOneShots('onboot', { native: createFakeNative().native, children, log, now, power }, paths, null);
	t.regex(lines[1] ?? '', /^error 000-a: it may lack the capability CAP_CHOWN/);
});

test('runOneShots() does nothing without a directory', async (t) => {
	const { children, calls } = fakeChildren(() => exited(0));
	const context = { native: createFakeNative().native, children, log: fakeLog().log, now, power };
	await runOneShots('onboot', context, scratchPaths(), null);
	t.deepEqual(calls, []);
});

test('runOneShots() does not repeat a container that an earlier PID 1 has run', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onboot/000-a');
	addBundle(paths, 'onboot/001-b');
	const { children, calls } = fakeChildren(() => exited(0));
	const context = { native: createFakeNative().native, children, log: fakeLog().log, now, power };
	await runOneShots('onboot', context, paths, null);
	await runOneShots('onboot', context, paths, null);
	t.is(calls.length, 2);
});

test('runOneShots() waits for a container that an earlier PID 1 left running', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onboot/000-a');
	const b = addBundle(paths, 'onboot/001-b');
	writeStateFile(join(paths.state, 'onboot.json'), {
		done: [],
		running: { name: '000-a', pid: 42, startedAtMs: 1 },
	});
	const { children, calls } = fakeChildren(
		() => exited(0),
		() => Promise.resolve(exited(1)),
	);
	const { log, events } = fakeLog();
	await runOneShots('onboot', { native: createFakeNative().native, children, log, now, power }, paths, null);
	t.deepEqual(calls, ['adopt 42', `runc --root /run/runc run --bundle ${b} 001-b`]);
	t.like(events[0], { name: '000-a', state: 'failed' });
});

test('runOneShots() reports a container that ended while PID 1 restarted', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onboot/000-a');
	writeStateFile(join(paths.state, 'onboot.json'), {
		done: [],
		running: { name: '000-a', pid: 42, startedAtMs: 1 },
	});
	const { children } = fakeChildren(() => exited(0));
	const { log, messages } = fakeLog();
	await runOneShots('onboot', { native: createFakeNative().native, children, log, now, power }, paths, null);
	t.regex(messages[0] ?? '', /ended while PID 1 restarted/);
});

test('runOneShots() starts a container again when PID 1 crashed before it recorded the pid', async (t) => {
	const paths = scratchPaths();
	const a = addBundle(paths, 'onboot/000-a');
	writeStateFile(join(paths.state, 'onboot.json'), {
		done: [],
		running: { name: '000-a', pid: null, startedAtMs: 1 },
	});
	const { children, calls } = fakeChildren(() => exited(0));
	const context = { native: createFakeNative().native, children, log: fakeLog().log, now, power };
	await runOneShots('onboot', context, paths, null);
	t.deepEqual(calls, [
		'runc --root /run/runc delete --force 000-a',
		`runc --root /run/runc run --bundle ${a} 000-a`,
	]);
});

test('runOneShots() creates, binds namespaces, then starts, if runtime.json has namespaces to bind', async (t) => {
	const paths = scratchPaths();
	const folder = addBundle(paths, 'onboot/000-net', { bindNS: { net: join(paths.state, 'ns/net') } });
	const { native, lines } = createFakeNative();
	const bound = [`mount /proc/77/ns/net ${join(paths.state, 'ns/net')} - 4096 -`];
	const { children, calls } = fakeChildren(
		(request) => {
			if (request.args.includes('create')) writeFileSync(join(paths.state, '000-net.pid'), '77');
			if (request.args.includes('start')) t.deepEqual(lines(), bound);
			return exited(0);
		},
		() => Promise.resolve(exited(0)),
	);
	const { log, events } = fakeLog();
	await runOneShots('onboot', { native, children, log, now, power }, paths, null);
	t.deepEqual(calls, [
		`runc --root /run/runc create --bundle ${folder} --pid-file ${join(paths.state, '000-net.pid')} 000-net`,
		'adopt 77',
		'runc --root /run/runc start 000-net',
		'runc --root /run/runc delete --force 000-net',
	]);
	t.deepEqual(lines(), bound);
	t.like(events.at(-1), { name: '000-net', state: 'done' });
});

test('runOneShots() kills a container after the timeout, and names the signal that killed one', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onshutdown/000-slow');
	addBundle(paths, 'onshutdown/001-killed');
	const { children, calls } = fakeChildren((request) => {
		if (request.args.includes('delete')) return exited(0);
		return request.args.includes('000-slow') ? new Promise(() => {}) : killed('SIGKILL');
	});
	const { log, messages } = fakeLog();
	await runOneShots(
		'onshutdown',
		{ native: createFakeNative().native, children, log, now, power },
		paths,
		50,
	);
	t.true(calls.includes('runc --root /run/runc delete --force 000-slow'));
	t.regex(messages[1] ?? '', /^did not end in time and was killed/);
	t.regex(messages[3] ?? '', /^(was killed by SIGKILL|did not end in time)/);
});

test('runOneShots() ends the running container on a stop request and starts no further one', async (t) => {
	const paths = scratchPaths();
	const a = addBundle(paths, 'onboot/000-a');
	addBundle(paths, 'onboot/001-b');
	const stop = createStopRequest();
	const { children, calls } = fakeChildren((request) => {
		if (request.args.includes('delete')) return exited(0);
		stop.make(20);
		return new Promise(() => {});
	});
	const { log, lines, events, messages } = fakeLog();
	const context = { native: createFakeNative().native, children, log, now, power };
	await runOneShots('onboot', context, paths, null, stop);
	t.deepEqual(calls, [
		`runc --root /run/runc run --bundle ${a} 000-a`,
		'runc --root /run/runc delete --force 000-a',
	]);
	t.like(events.at(-1), { name: '000-a', state: 'failed', reason: 'was stopped' });
	t.regex(messages.at(-1) ?? '', /^was stopped; its log is/);
	t.deepEqual(lines, []);
});

test('runOneShots() sends SIGTERM on a stop request to a container that an earlier PID 1 left running', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onboot/000-a');
	addBundle(paths, 'onboot/001-b');
	const running = { name: '000-a', pid: process.pid, startedAtMs: 1 };
	writeStateFile(join(paths.state, 'onboot.json'), { done: [], running });
	const ended = Promise.withResolvers<ReturnType<typeof killed>>();
	const { native } = createFakeNative({
		kill: (pid, signal) => {
			calls.push(`kill ${pid} ${signal}`);
			ended.resolve(killed('SIGTERM'));
		},
	});
	const { children, calls } = fakeChildren(
		() => exited(0),
		() => ended.promise,
	);
	const stop = createStopRequest();
	stop.make(10_000);
	await runOneShots('onboot', { native, children, log: fakeLog().log, now, power }, paths, null, stop);
	t.deepEqual(calls, [
		`adopt ${process.pid}`,
		`kill ${process.pid} 15`,
		'runc --root /run/runc delete --force 000-a',
	]);
});

test('runOneShots() only removes, on a stop request, a container that was being created before a crash', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onboot/000-a');
	const running = { name: '000-a', pid: null, startedAtMs: 1 };
	writeStateFile(join(paths.state, 'onboot.json'), { done: [], running });
	const { children, calls } = fakeChildren(() => exited(0));
	const stop = createStopRequest();
	stop.make(10_000);
	const context = { native: createFakeNative().native, children, log: fakeLog().log, now, power };
	await runOneShots('onboot', context, paths, null, stop);
	t.deepEqual(calls, ['runc --root /run/runc delete --force 000-a']);
});

test('runOneShots() reports a missing runc and a damaged bundle, and does not reject', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onboot/000-a');
	addBundle(paths, 'onboot/001-b', { mounts: 7 });
	const { children } = fakeChildren(() => {
		throw new Error('execve /usr/bin/runc: no such file or directory (ENOENT)');
	});
	const { log, messages } = fakeLog();
	await runOneShots('onboot', { native: createFakeNative().native, children, log, now, power }, paths, null);
	t.regex(messages[1] ?? '', /^could not be run: execve \/usr\/bin\/runc.*ENOENT/);
	t.regex(messages[3] ?? '', /^could not be run: .*runtime\.json: mounts must be a list/);
});

test('runOneShots() ends a container after its own timeout', async (t) => {
	const paths = scratchPaths();
	const folder = addBundle(paths, 'onboot/000-slow');
	writeFileSync(join(folder, 'supervision.json'), '{"timeoutMs": 30}');
	addBundle(paths, 'onboot/001-b');
	const { children } = fakeChildren((request) =>
		request.args.includes('run') && request.args.includes('000-slow')
			? new Promise(() => undefined)
			: exited(0),
	);
	const { log, events } = fakeLog();
	await runOneShots('onboot', { native: createFakeNative().native, children, log, now, power }, paths, null);
	t.like(
		events.find((event) => 'state' in event && event.state === 'failed'),
		{ name: '000-slow', reason: 'did not end in time and was killed' },
	);
	t.like(events.at(-1), { name: '001-b', state: 'done' });
});

test('runOneShots() requests the end of the system if onFailure names it, and runs no further container', async (t) => {
	const paths = scratchPaths();
	const folder = addBundle(paths, 'onboot/000-a');
	writeFileSync(join(folder, 'supervision.json'), '{"onFailure": "poweroff"}');
	addBundle(paths, 'onboot/001-b');
	const { children, calls } = fakeChildren(() => exited(3));
	const asked: string[] = [];
	const context = {
		native: createFakeNative().native,
		children,
		log: fakeLog().log,
		now,
		power: (action: string, reason: string) => void asked.push(`${action}: ${reason}`),
	};
	await runOneShots('onboot', context, paths, null);
	t.deepEqual(asked, ['poweroff: onboot 000-a, which failed']);
	t.is(calls.length, 1);
});

test('runOneShots() runs a container with a damaged supervision.json, and reports the damage', async (t) => {
	const paths = scratchPaths();
	writeFileSync(join(addBundle(paths, 'onboot/000-a'), 'supervision.json'), '{"timeoutMs": "soon"}');
	const { children, calls } = fakeChildren(() => exited(0));
	const { log, lines } = fakeLog();
	await runOneShots('onboot', { native: createFakeNative().native, children, log, now, power }, paths, null);
	t.is(calls.length, 1);
	t.regex(lines[0] ?? '', /supervision\.json: timeoutMs must be a number of milliseconds/);
});

test('runOneShots() does not run by the built-in engine what that refuses, and says what it is', async (t) => {
	const paths = scratchPaths();
	const folder = addBundle(paths, 'onboot/000-a');
	writeFileSync(join(folder, 'supervision.json'), '{"engine":"builtin"}');
	const process = { user: { uid: 0, gid: 0 }, args: ['/a'], cwd: '/' };
	const linux = { namespaces: [{ type: 'mount' }] };
	const spec = { process, root: { path: 'rootfs' }, linux, hooks: { poststop: [{ path: '/x' }] } };
	writeFileSync(join(folder, 'config.json'), JSON.stringify(spec));
	const { children, calls } = fakeChildren(() => exited(0));
	const { log, messages } = fakeLog();
	const context = { native: createFakeNative().native, children, log, now, power, engine: 'runc' } as const;
	await runOneShots('onboot', context, paths, null);
	t.deepEqual(calls, [], 'neither runc nor the program is started');
	t.regex(messages[1] ?? '', /^could not be run: the built-in engine can't do hooks\. Use runc/);
});

test('runOneShots() takes the engine of the command line where the container names none', async (t) => {
	const paths = scratchPaths();
	addBundle(paths, 'onboot/000-a');
	const named = addBundle(paths, 'onboot/001-b');
	writeFileSync(join(named, 'supervision.json'), '{"engine":"runc"}');
	const { children, calls } = fakeChildren(() => exited(0));
	const { log, messages } = fakeLog();
	const context = {
		native: createFakeNative().native,
		children,
		log,
		now,
		power,
		engine: 'builtin',
	} as const;
	await runOneShots('onboot', context, paths, null);
	t.deepEqual(calls, [`runc --root /run/runc run --bundle ${named} 001-b`]);
	t.regex(messages[1] ?? '', /^could not be run: /, 'the bundle of the test has no process');
});
