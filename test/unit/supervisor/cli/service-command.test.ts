// Tests `service` with a control server whose services are fakes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { openControlClient } from '../../../../supervisor/cli/control-client.ts';
import { RequestError } from '../../../../supervisor/cli/control-requests.ts';
import type { Output } from '../../../../supervisor/cli/output.ts';
import { serviceCommand } from '../../../../supervisor/cli/service-command.ts';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { guestPaths } from '../../../../supervisor/contract/layout.ts';
import type { Pid1Status, ServiceStatus } from '../../../../supervisor/contract/protocol.ts';
import { openControlServer } from '../../../../supervisor/control/control-server.ts';
import type { ControlledService } from '../../../../supervisor/control/handle-requests.ts';
import { requestHandler } from '../../../../supervisor/control/handle-requests.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { noRuns } from '../../../helpers/no-runs.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function fakeService(
	name: string,
	first: Partial<ServiceStatus> = {},
	done: string[] = [],
): ControlledService {
	let status: ServiceStatus = {
		name,
		state: 'running',
		ready: true,
		pid: 5,
		restarts: 0,
		since: 1,
		reason: null,
		after: [],
		log: `/var/log/${name}.log`,
		...first,
	};
	const running = (): void => {
		status = { ...status, state: 'running', ready: true, pid: 6 };
	};
	return {
		name,
		status: () => status,
		stats: () => ({
			...{ name, state: status.state, ready: status.ready, pid: status.pid, restarts: status.restarts },
			...{ memoryBytes: 2 ** 20, cpuSeconds: 1.5, tasks: 3, logLines: 7 },
		}),
		process: () => null,
		async start() {
			done.push(`start ${name}`);
			if (first.state === 'failed') return;
			running();
		},
		async stop() {
			done.push(`stop ${name}`);
			status = { ...status, state: 'stopped', ready: false, pid: null };
		},
		async restart() {
			done.push(`restart ${name}`);
			running();
		},
		signal: (signal) => {
			done.push(`${signal} ${name}`);
			return status.pid !== null;
		},
	};
}

function setUp(t: ExecutionContext) {
	const done: string[] = [];
	const services = [
		fakeService('redis', {}, done),
		fakeService('web', { state: 'stopped', ready: false, pid: null }, done),
		fakeService('broken', { state: 'failed', ready: false, pid: null, reason: 'no program' }, done),
	];
	const listeners = new Set<(event: GuestEventLine) => void>();
	const past: GuestEventLine[] = [{ event: 'ready', at: 7, msg: 'every service runs' }];
	const onboot: GuestEventLine = {
		event: 'onboot',
		name: '000-dhcpcd',
		state: 'done',
		durationMs: 2500,
		at: 5,
		msg: '',
	};
	const folder = scratchFolder(t);
	const path = join(folder, 'control.sock');
	const handle = requestHandler({
		services: () => services,
		pastEvents: () => past,
		replaceServices: async () => undefined,
		onEvent(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
		runs: noRuns,
		power: (action) => void done.push(action),
	});
	const server = openControlServer(path, handle, (error) => t.fail(String(error)));
	t.teardown(() => server.close());
	const runInto = async (output: Output | null, ...args: readonly string[]) => {
		let [out, err] = ['', ''];
		const exitCode = await serviceCommand(args, path, {
			out: output ?? { write: (written) => (out += written) },
			err: { write: (written) => (err += written) },
			nowSeconds: () => 61,
			paths: guestPaths,
			logPlaces: { runLog: folder, initLog: join(folder, 'init.log') },
			openNative: () => t.fail() as never,
		});
		return { exitCode, out, err };
	};
	const run = async (...args: readonly string[]) => await runInto(null, ...args);
	return { run, runInto, done, services, listeners, path, folder, past, onboot };
}

test('service lists, as a table and as JSON lines', async (t) => {
	const { run } = setUp(t);
	const { out, exitCode } = await run();
	t.is(exitCode, 0);
	t.regex(out, /^NAME +STATE/);
	t.regex(out, /^broken +failed +- +0 +1 min +no program$/m);
	const lines = (await run('--json', 'list')).out.trimEnd().split('\n');
	t.deepEqual(
		lines.map((line) => (JSON.parse(line) as ServiceStatus).name),
		['redis', 'web', 'broken'],
	);
});

test('service list --all also shows the containers that ran once', async (t) => {
	const { run, past, onboot } = setUp(t);
	past.push(onboot);
	t.notRegex((await run('list')).out, /onboot/);
	t.regex((await run('list', '--all')).out, /^onboot\/000-dhcpcd +done +- +- +56 s +took 2\.50 s$/m);
	const [first = ''] = (await run('--json', 'list', '-a')).out.split('\n');
	t.like(JSON.parse(first), { name: 'onboot/000-dhcpcd', durationMs: 2500 });
});

test('service logs of an onboot container and of PID 1', async (t) => {
	const { run, past, onboot, folder } = setUp(t);
	past.push(onboot);
	writeFileSync(join(folder, 'onboot.000-dhcpcd.out.log'), 'leased\nbound\n');
	writeFileSync(join(folder, 'onboot.000-dhcpcd.log'), 'a warning\n');
	t.is((await run('logs', 'dhcpcd')).out, 'leased\nbound\na warning\n');
	t.is((await run('logs', '-n', '1', 'onboot/000-dhcpcd')).out, 'bound\na warning\n');
	t.deepEqual(JSON.parse((await run('logs', '--json', '-n', '1', '000-dhcpcd')).out.split('\n')[0] ?? ''), {
		service: 'onboot/000-dhcpcd',
		stream: 'stdout',
		line: 'bound',
	});
	writeFileSync(join(folder, 'init.log.1'), '{"level":"info","at":1.5,"stage":"root","msg":"copied"}\n');
	writeFileSync(
		join(folder, 'init.log'),
		'{"level":"error","at":60.5,"service":"web","msg":"no"}\n{"level":"in',
	);
	t.is(
		(await run('logs', 'init')).out,
		'[     1.500] root             copied\n[    60.500] web              error: no\n',
	);
	t.is((await run('logs', '--since', '10s', 'init')).out, '[    60.500] web              error: no\n');
	t.is(
		(await run('logs', '--json', '-n', '1', 'init')).out,
		'{"level":"error","at":60.5,"service":"web","msg":"no"}\n',
	);
	const unknown = await run('logs', 'nobody');
	t.is(unknown.exitCode, 5);
	t.regex(unknown.err, /There is no service "nobody"\. There are redis/);
});

test('terminal injection: service shows no control or format characters of logs, names and errors', async (t) => {
	const { run, past, onboot, folder, services } = setUp(t);
	const attack = '\u001b]0;title\u0007\u001b[2J\u009b2J\u202e';
	const unsafe = /(?!\n)[\p{Cc}\p{Cf}]/u;
	past.push(onboot);
	writeFileSync(join(folder, 'onboot.000-dhcpcd.out.log'), `${attack}\tend\n`);
	writeFileSync(join(folder, 'init.log'), `${JSON.stringify({ at: 1, service: attack, msg: attack })}\n`);
	services.push(fakeService('evil', { state: 'failed', ready: false, pid: null, reason: attack }));
	t.is((await run('logs', 'dhcpcd')).out, ' ]0;title  [2J 2J \tend\n');
	for (const args of [['logs', 'init'], ['start', 'evil'], ['wait', 'evil'], ['status', attack], [attack]]) {
		const { out, err } = await run(...args);
		t.regex(out + err, /0;title/);
		t.notRegex(out + err, unsafe);
	}
	const [line = ''] = (await run('--json', 'status', 'evil')).out.split('\n');
	t.is((JSON.parse(line) as ServiceStatus).reason, attack);
	t.notRegex(line, unsafe);
	const log = (await run('logs', '--json', 'dhcpcd')).out;
	t.deepEqual([(JSON.parse(log) as { line: string }).line, unsafe.test(log)], [`${attack}\tend`, false]);
});

test('openControlClient() has a timeout for a PID 1 that hangs', async (t) => {
	const path = join(scratchFolder(t), 'silent.sock');
	const server = createServer(() => undefined).listen(path);
	t.teardown(() => server.close());
	await once(server, 'listening');
	await t.throwsAsync(openControlClient(path, 30), {
		instanceOf: RequestError,
		code: 'unreachable',
		message: 'PID 1 has given no answer in 0.03 s: it is very busy, or hangs.',
	});
});

test('openControlClient() reports that nobody listens', async (t) => {
	const path = join(scratchFolder(t), 'left.sock');
	const server = createServer().listen(`${path}.old`);
	await once(server, 'listening');
	renameSync(`${path}.old`, path);
	server.close();
	await once(server, 'close');
	await t.throwsAsync(openControlClient(path), {
		instanceOf: RequestError,
		message: /nobody listens; PID 1 has not/,
	});
});

test('service status: exit codes are systemctl’s', async (t) => {
	const { run } = setUp(t);
	t.is((await run('status', 'redis')).exitCode, 0);
	t.is((await run('status', 'web')).exitCode, 3);
	const unknown = await run('status', 'nobody');
	t.is(unknown.exitCode, 4);
	const near = await run('stop', 'rediss');
	t.is(near.exitCode, 5);
	t.is(near.err, 'service: There is no service "rediss". Did you mean redis?\n');
	t.is(unknown.err, 'service: There is no service "nobody". There are redis, web, broken.\n');
});

test('service start, stop, restart and reload', async (t) => {
	const { run, done } = setUp(t);
	t.is((await run('start', 'web')).exitCode, 0);
	t.is((await run('stop', 'web', 'redis')).exitCode, 0);
	t.is((await run('restart', 'redis')).exitCode, 0);
	t.is((await run('reload', 'redis')).exitCode, 0);
	t.is((await run('reload', 'redis', '--signal', 'USR1')).exitCode, 0);
	t.deepEqual(done, [
		'start web',
		'stop web',
		'stop redis',
		'restart redis',
		'SIGHUP redis',
		'SIGUSR1 redis',
	]);
	const failed = await run('start', 'broken');
	t.is(failed.exitCode, 1);
	t.is(failed.err, 'service: broken is failed: no program; its log is /var/log/broken.log\n');
	t.is((await run('reload', 'broken')).err, 'service: The service broken has no process to signal.\n');
});

test('service wait: at once, later, in vain, and with a timeout', async (t) => {
	const { run, services, listeners } = setUp(t);
	t.is((await run('wait', 'redis')).exitCode, 0);
	const waiting = run('wait', 'web', '--for', 'running');
	await eventually(() => listeners.size > 0, { pauseMs: 5 });
	await services[1]?.start();
	for (const listener of listeners) listener({ event: 'ready', at: 8, msg: '' });
	t.is((await waiting).exitCode, 0);
	const failed = await run('wait', 'broken');
	t.is(failed.exitCode, 1);
	t.regex(failed.err, /The service broken has failed: no program/);
	const late = await run('wait', 'redis', '--for', 'stopped', '--timeout', '0.05');
	t.is(late.exitCode, 1);
	t.regex(late.err, /redis is not stopped after 0\.05 s/);
});

test('service events, boot and shutdown', async (t) => {
	const { run, done } = setUp(t);
	t.is((await run('events')).out, '[     7.000] ready            every service runs\n');
	t.deepEqual(JSON.parse((await run('events', '--json')).out), {
		event: 'ready',
		at: 7,
		msg: 'every service runs',
	});
	t.regex((await run('boot')).out, /Ready 7\.000 s after/);
	t.regex(
		(await run('pid1')).out,
		/^resident +\d+\.\d MiB\nheap +\d+\.\d MiB of at most \d+\.\d MiB\nbuffers .*\nopen files +\d+\n$/,
	);
	t.true((JSON.parse((await run('pid1', '--collect', '--json')).out) as Pid1Status).heapUsedBytes > 0);
	t.is((await run('shutdown', 'reboot')).exitCode, 0);
	t.deepEqual(done, ['reboot']);
});

const wrong = test.macro({
	async exec(t, args: readonly string[], message: RegExp) {
		const { exitCode, err } = await setUp(t).run(...args);
		t.is(exitCode, 2);
		t.regex(err, message);
	},
	title: (_, args: readonly string[]) => `service ${args.join(' ')}: wrong usage`,
});

test(wrong, ['logs', '-n', 'few'], /expected a number of lines/);
test(wrong, ['logs', '--since', 'once'], /expected one such as 10m/);
test(wrong, ['dance'], /There is no command "dance"\. See "service help"/);
test(wrong, ['stauts'], /There is no command "stauts"\. Did you mean status\? See/);
test(wrong, ['exec', 'redis'], /exec redis needs a program to run/);
test(wrong, ['exec', '-t', 'redis', 'sh'], /-t: stdin is no terminal/);
test(wrong, ['run'], /run needs an image/);
test(wrong, ['run', '-t', 'a.tar', '--', 'sh'], /-t: stdin is no terminal/);
test(wrong, ['run', '--memry', '1G', 'a.tar'], /Unknown option --memry: did you mean --memory\?/);
test(wrong, ['start'], /start needs the name of a service/);
test(wrong, ['list', 'redis'], /list takes no name/);
test(wrong, ['wait', 'redis', '--for', 'ever'], /expected ready, running or stopped/);
test(wrong, ['wait', 'redis', '--timeout', 'soon'], /expected a number of seconds/);
test(wrong, ['wait', 'redis', 'web'], /wait takes one name/);
test(wrong, ['boot', 'redis'], /boot takes no name/);
test(wrong, ['list', '-f'], /list has no option --follow/);
test(wrong, ['constructor'], /There is no command "constructor"/);
test(wrong, ['--json', 'exec', 'redis', 'sh'], /Unknown option --json\./);
test(wrong, ['shutdown', 'now'], /expected poweroff, reboot or halt/);
test(wrong, ['--loud'], /Unknown option --loud\./);
test(wrong, ['logs', '--folow', 'redis'], /Unknown option --folow: did you mean --follow\?/);
test(wrong, ['logs', 'redis', '-n'], /The option -n needs a value\./);
test(wrong, ['list', '--json=1'], /The option --json takes no value\./);

test('service metrics and stats have a line for each service, and top without a terminal ends by itself', async (t) => {
	const { run } = setUp(t);
	const { out } = await run('metrics');
	t.regex(out, /^slipway_service_restarts_total\{service="redis"\} 0$/m);
	t.regex(out, /^slipway_service_state\{service="broken",state="failed"\} 1$/m);
	t.regex(out, /^slipway_boot_ready_seconds 7$/m);
	t.regex((await run('stats', '--json')).out, /"name":"redis".*"logLines":7/);
	const top = await run('top');
	t.is(top.exitCode, 0);
	t.regex(top.out, /^up .*, load .*, memory \d+ of \d+ MiB, 1 of 3 services ready\nNAME/);
});

test('service takes options before the command', async (t) => {
	t.regex((await setUp(t).run('-a', '--json', 'list')).out, /^\{"name":"redis"/);
});

const serviceHost = join(import.meta.dirname, '../../../ns/service-host.ts');

const closedPipe = test.macro({
	async exec(t, args: readonly string[], closed: 'stdout' | 'stderr', expected: number) {
		const { path } = setUp(t);
		const child = spawn(process.execPath, [serviceHost, '', path, ...args], { stdio: 'pipe' });
		child[closed].destroy();
		const other = text(closed === 'stdout' ? child.stderr : child.stdout);
		const [exitCode] = (await once(child, 'exit')) as [number | null];
		t.is(exitCode, expected);
		t.is(await other, '');
	},
	title: (_, args: readonly string[], closed) => `service ${args.join(' ')}: nobody reads ${closed}`,
});

test(closedPipe, ['list'], 'stdout', 141);
test(closedPipe, ['events', '-f'], 'stdout', 141);
test(closedPipe, ['help'], 'stdout', 141);
test(closedPipe, ['start', 'broken'], 'stderr', 1);

test('service logs -f ends all of its readers when nobody reads any longer', async (t) => {
	const { runInto, services, folder } = setUp(t);
	const logs = ['one', 'two'].map((name) => ({ name, log: join(folder, `${name}.log`) }));
	for (const { log } of logs) writeFileSync(log, '2026-11-21T13:00:00.000000000Z stdout F text\n');
	services.push(...logs.map(({ name, log }) => fakeService(name, { log })));
	const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
	const gone = { write: () => false, errored: error };
	t.is((await runInto(gone, 'logs', '-f', 'one', 'two')).exitCode, 141);
});

test('service reports an output that fails for another reason', async (t) => {
	const errored = Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
	const { exitCode, err } = await setUp(t).runInto({ write: () => false, errored }, 'list');
	t.is(exitCode, 1);
	t.is(err, 'service: write ENOSPC\n');
});

test('service reports that PID 1 is not reachable', async (t) => {
	let err = '';
	const exitCode = await serviceCommand(['list'], join(scratchFolder(t), 'none.sock'), {
		out: { write: () => undefined },
		err: { write: (text) => (err += text) },
		nowSeconds: () => 0,
		paths: guestPaths,
		logPlaces: { runLog: '/nowhere', initLog: '/nowhere' },
		openNative: () => t.fail() as never,
	});
	t.is(exitCode, 1);
	t.regex(err, /is not reachable through .*none\.sock: there is no such socket/);
	t.is((await setUp(t).run('help')).exitCode, 0);
});
