// Machines in the background as a user handles them: dev, run -d, ps, console, wait, stop, restart, kill, rm. Nothing depends on the
// process that started a machine.
// Runs alone: its machines have two processors, as `slipway run` makes them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ava from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { buildSystem, slipway, slipwayEnvironment, slipwayProgram } from '../helpers/system.ts';

const test = ava.serial;
let system: string;

ava.before(async () => {
	const yaml = readFileSync('examples/redis-os.yml', 'utf8');
	system = await buildSystem('machines', `${yaml}    ready: {tcp: 6379}\n`);
});

ava.after.always(async () => {
	const names = (await slipway('ps', '-aq')).stdout.split('\n').filter((line) => line !== '');
	if (names.length > 0) await slipway('rm', '--force', ...names);
});

/** A system with a service that ends once it finds a file. */
const slowToEnd = (word: string) => `
kernel: {image: slipway/kernel:v1, cmdline: console=ttyS0 slipway.faults=1}
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
services:
  - name: slow
    image: slipway/getty:v1
    command: [/bin/sh, -c, "rm -f /may-end; echo ${word}; trap : TERM; until [ -e /may-end ]; do sleep 1; done"]
    stop: {timeout: 600s}
    binds: []
    devices: []
    pid: new
    net: none
`;

interface Listed {
	readonly name: string;
	readonly state: string;
	readonly detail: string;
	readonly pid: number | null;
	readonly exitCode: number | null;
}

async function listed(name: string): Promise<Listed | undefined> {
	const all = JSON.parse((await slipway('ps', '--all', '--json')).stdout) as readonly Listed[];
	return all.find((each) => each.name === name);
}

function openConsole(name: string) {
	const child = spawn(slipwayProgram, ['console', name], {
		stdio: ['pipe', 'pipe', 'pipe'],
		env: slipwayEnvironment(),
	});
	const seen = { text: '' };
	for (const stream of [child.stdout, child.stderr])
		stream.on('data', (bytes: Buffer) => (seen.text += bytes.toString('latin1')));
	return { child, seen };
}

test('dev brings the system up, and again when it changes; then QEMU outlives it', async (t) => {
	const file = `${system}.yml`;
	const machine = ['--timeout', '300', '--memory', '640', '--dir', dirname(system)];
	const dev = spawn(slipwayProgram, ['dev', ...machine, file], { env: slipwayEnvironment() });
	t.teardown(() => dev.kill('SIGKILL'));
	let said = '';
	for (const stream of [dev.stdout, dev.stderr])
		stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
	await eventually(() => said.includes('waiting for changes'));
	const port = /^machines\n127\.0\.0\.1:(\d+) -> port 6379\/tcp\n/m.exec(said)?.[1];
	t.is((await runProgram('redis-cli', ['-p', port ?? '', 'ping'])).stdout, 'PONG\n');
	appendFileSync(file, '# A comment changes nothing.\n');
	await eventually(() => said.includes('machines.yml changed\n') && said.includes('the system is the same'));
	const { pid } = (await listed('machines')) ?? {};
	const inRedis = async (...words: readonly string[]) =>
		(await runProgram('redis-cli', ['-p', port ?? '', ...words])).stdout;
	for (const bytes of ['11000000', '12000000']) {
		const server = `[/usr/bin/redis-server, --protected-mode, "no", --maxmemory, "${bytes}"]`;
		const yaml = readFileSync(file, 'utf8').replace(/^ {4}command: \[\/usr\/bin\/redis-server.*\n/m, '');
		await inRedis('set', 'kept', 'no');
		const ready = said.split('the service redis is ready').length;
		writeFileSync(file, yaml.replace(/^( {4}image: slipway\/redis:v1\n)/m, `$1    command: ${server}\n`));
		await eventually(() => said.split('the service redis is ready').length > ready);
		t.is(await inRedis('config', 'get', 'maxmemory'), `maxmemory\n${bytes}\n`, said);
		t.is(await inRedis('get', 'kept'), '\n');
	}
	t.is(said.split('only the service redis has changed: replaced in the running guest').length, 3, said);
	t.is((await listed('machines'))?.pid, pid);
	// Nothing of the images stays but what the service uses.
	const mounts = await slipway('exec', '--system', 'machines', 'getty', '--', 'cat', '/proc/1/mountinfo');
	t.is(mounts.stdout.split('\n').filter((line) => line.includes(' /containers/services/redis ')).length, 1);
	t.notRegex(mounts.stdout, / \/run\/slipway\/replaced/);
	appendFileSync(file, 'volumes: [{name: data\n');
	await eventually(() => said.includes('slipway: '));
	writeFileSync(file, `${readFileSync(file, 'utf8').replace(/\n[^\n]*\n$/, '\n')}volumes: [{name: data}]\n`);
	await eventually(() => said.includes('the system has changed: the machine is started again with it'));
	await eventually(async () => (await listed('machines'))?.state === 'booting');
	dev.kill('SIGINT');
	await once(dev, 'exit');
	t.true(said.includes('machines: powered off\n'), said);
	await eventually(() => said.includes('Ended by SIGINT while machines boots. The machine runs on.'));
	await eventually(async () => (await listed('machines'))?.state === 'ready');
	t.like(await listed('machines'), { state: 'ready', detail: 'every service runs', exitCode: null });
	t.regex((await slipway('ps')).stdout, /^machines +machines +Up \d+ \w+ \(ready\)/m);
	t.is((await slipway('ps', '-q')).stdout, 'machines\n');
	const again = await slipway('run', '-d', '--name', 'machines', system);
	t.is(again.exitCode, 1);
	t.regex(again.stderr, /A machine named machines runs already\./);
	const removed = await slipway('rm', 'machines');
	t.is(removed.exitCode, 1);
	t.regex(removed.stderr, /machines still runs; nothing was removed/);
});

test('PID 1 crashes while dev, which is killed meanwhile, replaces a service: the service starts again', async (t) => {
	const file = join(scratchFolder(t), 'slow.yml');
	const write = (word: string): void => writeFileSync(file, slowToEnd(word));
	write('first');
	const dev = spawn(
		slipwayProgram,
		['dev', '--timeout', '300', '--memory', '384', '--dir', dirname(file), file],
		{
			env: slipwayEnvironment(),
		},
	);
	t.teardown(async () => {
		dev.kill('SIGKILL');
		await slipway('rm', '--force', 'slow');
	});
	let said = '';
	for (const stream of [dev.stdout, dev.stderr])
		stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
	await eventually(() => said.includes('waiting for changes'));
	const inGuest = async (verb: string, ...words: readonly string[]) =>
		await slipway(verb, '--system', 'slow', ...words);
	const state = async () => (await inGuest('service', 'list')).stdout;
	write('second');
	await eventually(async () => / stopping /.test(await state()));
	dev.kill('SIGKILL');
	await once(dev, 'exit');
	const runtime = slipwayEnvironment()['XDG_RUNTIME_DIR'];
	writeFileSync(`${runtime}/slipway/slow/events.in`, '{"command":"fault","kind":"segv"}\n');
	const console = join(slipwayEnvironment()['XDG_STATE_HOME'] ?? '', 'slipway/slow/console.log');
	await eventually(() => readFileSync(console, 'utf8').includes('resumed after a crash'));
	t.regex(await state(), / stopping /, 'it is not asked to end for nothing');
	t.is((await inGuest('exec', 'slow', '--', 'touch', '/may-end')).exitCode, 0);
	await eventually(async () => / running /.test(await state()));
	// Its bundle is that from before the crash.
	await eventually(async () => /first\n(?:.*\n)*.*first\n/.test((await inGuest('logs', 'slow')).stdout));
	t.notRegex(said, /started again/);
});

test('console serves several terminals at once, tells the guest the size of one and each new one, and Ctrl-A D detaches', async (t) => {
	const [first, second] = [openConsole('machines'), openConsole('machines')];
	const typing = setInterval(() => first.child.stdin.write('echo see""n\r'), 1000);
	await eventually(() => [first, second].every(({ seen }) => /^seen\r?$/m.test(seen.text)));
	clearInterval(typing);
	for (const { child } of [first, second]) {
		child.kill('SIGKILL');
		await once(child, 'close');
	}
	const line = `tty; stty rows 41 cols 101; exec ${slipwayProgram} console`;
	const terminal = spawn('script', ['-qec', line, '/dev/null'], {
		env: { ...slipwayEnvironment(), SHELL: '/bin/sh' },
	});
	const closed = once(terminal, 'close');
	let shown = '';
	terminal.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString('latin1')));
	const asking = setInterval(() => terminal.stdin.write('stty size\r'), 1000);
	await eventually(() => /^41 101\r$/m.test(shown));
	const [tty = ''] = /^\/dev\/pts\/\d+/.exec(shown) ?? [];
	await runProgram('stty', ['-F', tty, 'rows', '22', 'cols', '88']);
	await eventually(() => /^22 88\r$/m.test(shown));
	clearInterval(asking);
	terminal.stdin.write('\x01d');
	await closed;
	t.regex(shown, /Detached: machines runs on\./);
	t.like(await listed('machines'), { state: 'ready' });
});

test("dashboard shows the machine's services, restarts one and follows its log; top shows what they use", async (t) => {
	const dashboard = spawn(slipwayProgram, ['dashboard', 'machines'], {
		stdio: ['ignore', 'pipe', 'ignore'],
		env: slipwayEnvironment(),
	});
	t.teardown(() => dashboard.kill('SIGKILL'));
	const [address] = (await once(dashboard.stdout, 'data')) as [Buffer];
	const url = address.toString('utf8').trim();
	for (const [path, content] of [
		['', 'script'],
		['page.js', 'EventSource'],
		['page.css', '.xterm'],
	] as const)
		t.true((await (await fetch(`${url}${path}`)).text()).includes(content), path);
	const read = async (path: string, seen: { text: string }): Promise<void> => {
		for await (const bytes of (await fetch(`${url}${path}`)).body ?? [])
			seen.text += Buffer.from(bytes).toString('utf8');
	};
	const [events, log] = [{ text: '' }, { text: '' }];
	for (const [path, seen] of [
		['events', events],
		['logs?system=machines&service=redis', log],
	] as const)
		void read(path, seen).catch(() => undefined);
	await eventually(() => /"name":"redis","state":"running"/.test(events.text));
	const restart = await fetch(`${url}action?system=machines`, {
		method: 'POST',
		headers: { Origin: new URL(url).origin },
		body: '{"action":"restart","service":"redis"}',
	});
	t.is(restart.status, 200, await restart.text());
	await eventually(() => /"type":"event".*"name":"redis","state":"stopping"/.test(events.text));
	await eventually(() => [...log.text.matchAll(/Ready to accept connections/g)].length === 2);
	await eventually(async () => (await listed('machines'))?.state === 'ready');
	await eventually(() => /"type":"usage".*"name":"redis","memoryBytes":\d+/.test(events.text));
	const top = await slipway('top');
	t.regex(
		top.stdout,
		/^machines: \d of \d services ready\n\nNAME +STATE [\s\S]*^redis +(?:ready|running) +[\d.]+ +[\d.]+ MiB/m,
	);
	dashboard.kill('SIGTERM');
	t.deepEqual(await once(dashboard, 'exit'), [0, null]);
});

test('a reboot of the guest keeps the machine, and stop powers it off', async (t) => {
	const before = await listed('machines');
	const { child, seen } = openConsole('machines');
	const closed = once(child, 'close');
	child.stdin.write('\rreboot\r');
	await eventually(async () => (await listed('machines'))?.state === 'booting');
	await eventually(async () => (await listed('machines'))?.state === 'ready');
	t.is((await listed('machines'))?.pid, before?.pid);
	const waiting = slipway('wait', 'machines');
	const stopped = await slipway('stop', '--time', '5m');
	t.is(stopped.exitCode, 0, stopped.stderr);
	t.is(stopped.stdout, 'machines: powered off\n');
	const waited = await waiting;
	t.deepEqual([waited.exitCode, waited.stdout], [0, 'machines: powered off\n']);
	await closed;
	t.regex(seen.text, /machines has ended: the guest shut down \(poweroff\)/);
	t.like(await listed('machines'), { state: 'ended', detail: 'powered off', exitCode: 0, pid: null });
});

test('restart starts an ended machine with its options, and kill cuts its power', async (t) => {
	const started = await slipway('restart', '--json', 'machines');
	t.is(started.exitCode, 0, started.stderr);
	const { pid } = (await listed('machines')) ?? {};
	t.like(JSON.parse(started.stdout), [{ name: 'machines', attached: false, pid }]);
	const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
	t.is(words[words.indexOf('-m') + 1], '640');
	t.is((await slipway('kill', 'machines')).stdout, 'machines: killed\n');
	const waited = await slipway('wait', 'machines');
	t.deepEqual([waited.exitCode, waited.stdout], [1, 'machines: killed by "slipway kill"\n']);
	t.deepEqual(JSON.parse((await slipway('wait', 'machines', '--json')).stdout), [
		{ name: 'machines', detail: 'killed by "slipway kill"', exitCode: 1 },
	]);
	t.is((await slipway('stop', 'machines')).stdout, 'machines: not running\n');
	for (const verb of ['stop', 'kill'])
		t.deepEqual(JSON.parse((await slipway(verb, '--json', 'machines')).stdout), [
			{ name: 'machines', end: 'not running' },
		]);
	t.is((await slipway('rm', 'machines')).exitCode, 0);
	t.is((await slipway('ps', '-aq')).stdout, '');
});

test('run -d --json prints the machine that it has started', async (t) => {
	const run = await slipway('run', '-d', '--json', '--memory', '640', system);
	t.is(run.exitCode, 0, run.stderr);
	const { pid } = (await listed('machines')) ?? {};
	t.like(JSON.parse(run.stdout), { name: 'machines', attached: false, pid });
	t.is((await slipway('rm', '--force', 'machines')).exitCode, 0);
});

for (const delayMs of [0, 50, 100, 150, 200, 300, 500, 2000]) {
	test(`a machine whose tool is killed after ${delayMs} ms is listed, or does not run`, async (t) => {
		const tool = spawn(
			slipwayProgram,
			['run', '-d', '--until-ready', '--name', 'orphan', '--memory', '640', system],
			{ stdio: 'ignore', env: slipwayEnvironment() },
		);
		// From the start: it may have ended before it is killed.
		const ended = once(tool, 'exit');
		await sleep(delayMs);
		tool.kill('SIGKILL');
		await ended;
		const qemus = await runProgram('pgrep', ['-f', 'qemu-system.*slipway/orphan/qmp']);
		const runs = qemus.stdout.trim() === '' ? null : Number(qemus.stdout);
		t.is((await listed('orphan'))?.pid ?? null, runs);
		if (runs !== null) t.is((await slipway('kill', 'orphan')).stdout, 'orphan: killed\n');
		t.is((await slipway('ps', '-q')).stdout, '');
	});
}

test('run -d names the reason when QEMU ends at once', async (t) => {
	const run = await slipway('run', '-d', '--publish', '192.0.2.1:1:1', '--memory', '640', system);
	t.is(run.exitCode, 1);
	t.regex(run.stderr, /The machine machines ended at once: port 1 of 192\.0\.2\.1 is in use/);
	t.like(await listed('machines'), { state: 'ended', exitCode: 1 });
});
