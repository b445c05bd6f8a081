// The host's commands for a guest that runs, in one boot: through the port slipway.control, and through ssh.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { scratchFolder } from '../helpers/scratch-folder.ts';
import { makeSshKey } from '../helpers/ssh.ts';
import { buildSystem, slipway, slipwayEnvironment, slipwayProgram } from '../helpers/system.ts';
import { answerOf } from '../helpers/tcp-answer.ts';
import { copyInGuest } from './fixtures/copy-in-guest.ts';
import { loopbackAlone, ownNetworksAlone, reachesOutside } from './fixtures/network-inside.ts';
import { setIn, valueIn } from './fixtures/redis-inside.ts';
import { runInGuest } from './fixtures/run-in-guest.ts';
import { withInput } from './fixtures/with-input.ts';

const test = ava.serial;
const folder = scratchFolder();
const sshPort = 20_000 + (process.pid % 20_000);
const redisPort = sshPort + 20_000;
let machine: ChildProcess | null = null;
let shown = '';

const yaml = (publicKey: string) => `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1, slipway/nftables:v1]
onboot:
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
services:
  - name: sshd
    image: slipway/sshd:v1
    ready: { tcp: 22 }
  - name: box
    image: slipway/getty:v1
    command: ["/bin/sh", "-c", "echo the first line; echo the second line; exec sleep 1000000"]
  - name: plain
    image: slipway/getty:v1
    command: ["/bin/sh", "-c", "exec tail -f /dev/null"]
    capabilities: [CAP_MKNOD, CAP_SYS_ADMIN, CAP_DAC_OVERRIDE]
    binds: []
    devices: []
    pid: new
    net: none
  - name: left
    image: slipway/redis:v1
    net: bridge
    ports: ["7000:6379", "127.0.0.1:7001:6379"]
    ready: { tcp: 6379 }
  - name: right
    image: slipway/redis:v1
    networks: [bridge, back]
    ready: { tcp: 6379 }
  - name: hidden
    image: slipway/getty:v1
    command: ["/bin/sh", "-c", "exec tail -f /dev/null"]
    pid: new
    networks: [back]
networks:
  - name: back
    subnets: [10.80.0.0/24]
    internal: true
files:
  - path: root/.ssh/authorized_keys
    contents: ${JSON.stringify(publicKey)}
    mode: "0600"
`;

ava.before(async () => {
	const key = await makeSshKey(folder, 'key');
	const name = await buildSystem('control', yaml(readFileSync(key.publicFile, 'utf8')));
	const published = ['--publish', `${sshPort}:22`, '--publish', `${redisPort}:7000`];
	machine = spawn(
		slipwayProgram,
		[
			'run',
			'--name',
			'tested',
			'--cpus=1',
			'--memory',
			'768',
			...published,
			'--append',
			'slipway.faults=1',
			name,
		],
		{ stdio: ['ignore', 'pipe', 'inherit'], env: slipwayEnvironment() },
	);
	machine.stdout?.on('data', (bytes: Buffer) => (shown += bytes.toString('latin1')));
	const options = `Host *\n IdentityFile ${key.privateFile}\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n`;
	writeFileSync(join(folder, 'config'), options);
	mkdirSync(join(folder, 'bin'));
	writeFileSync(join(folder, 'bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${folder}/config "$@"\n`, {
		mode: 0o755,
	});
	// From then on PID 1 hears its port: a slow machine takes longer than a command waits for the guest.
	await eventually(() => /dhcpcd +started/.test(shown));
	const ready = await slipway('service', 'wait', 'sshd', '--timeout', '300');
	if (ready.exitCode !== 0) throw new Error(`${ready.stderr}\n${shown}`);
});

ava.after.always(async () => {
	if (machine === null || machine.exitCode !== null) return;
	machine.kill('SIGKILL');
	await once(machine, 'exit');
});

/** The pid of the machine's relay. */
async function relayPid(): Promise<number | null> {
	const runtime = slipwayEnvironment()['XDG_RUNTIME_DIR'];
	const { stdout } = await runProgram('pgrep', ['-f', `control-relay ${runtime}/slipway/tested/`]);
	return stdout === '' ? null : Number(stdout.split('\n')[0]);
}

test('service shows what the guest’s own program shows, with its exit code', async (t) => {
	const list = await slipway('service');
	t.regex(list.stdout, /^box +running/m);
	t.is((await slipway('service', '-s', 'tested', 'status', 'box')).exitCode, 0);
	const absent = await slipway('service', 'status', 'bax');
	t.is(absent.exitCode, 4);
	t.regex(absent.stderr, /Did you mean box/);
	const machine = await slipway('service', '--system', 'other', 'list');
	t.regex(machine.stderr, /no machine named other.*tested/s);
});

test('stats prints what each service uses', async (t) => {
	t.regex((await slipway('stats')).stdout, /^box +running +.* MiB +/m);
	const rows = (await slipway('stats', '--json')).stdout.trim().split('\n');
	const names = rows.map((row) => (JSON.parse(row) as { name: string }).name);
	t.deepEqual(names.toSorted(), ['box', 'hidden', 'left', 'plain', 'right', 'sshd']);
});

test('logs shows lines of a service, and of PID 1', async (t) => {
	t.regex((await slipway('logs', '-n', '1', 'box')).stdout, /the second line\n$/);
	t.regex((await slipway('logs', 'init')).stdout, /containerd/);
});

test('logs -f of a service and of PID 1 goes on until Ctrl-C', async (t) => {
	const child = spawn(slipwayProgram, ['logs', '-n2', '-f', 'box', 'init'], { env: slipwayEnvironment() });
	let text = '';
	child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
	await eventually(() => text.includes('the second line'));
	t.is((await slipway('service', 'restart', 'right')).exitCode, 0);
	await eventually(() => /^\[ *\d+\.\d{3}\] right +stop/m.test(text));
	child.kill('SIGINT');
	t.is((await once(child, 'close'))[0], 130);
});

test('exec passes bytes, arguments and the exit code on', async (t) => {
	const content = randomBytes(1_000_000);
	const echoed = await withInput(content, 'exec', '-T', 'box', '--', 'cat');
	t.true(echoed.bytes.equals(content));
	const failed = await slipway('exec', 'box', '--', 'sh', '-c', 'echo "$1" >&2; exit 7', 'sh', "a b'c");
	t.is(failed.exitCode, 7);
	t.is(failed.stderr, "a b'c\n");
	t.is((await slipway('exec', 'box', '--', '/no/such')).exitCode, 127);
});

test('exec -t gives a terminal of the size of the own one, also when that changes, on which Ctrl-C reaches the program', async (t) => {
	const program =
		'trap "echo caught; exit 9" INT; trap "stty size" WINCH; stty size; echo go; while :; do sleep 1; done';
	const line = `tty; stty rows 33 cols 99; exec ${slipwayProgram} exec -it box -- sh -c '${program}'`;
	// script(1) gives a terminal, and passes the exit code on.
	const child = spawn('script', ['-qec', line, '/dev/null'], {
		stdio: ['pipe', 'pipe', 'inherit'],
		env: { ...slipwayEnvironment(), SHELL: '/bin/sh' },
	});
	let text = '';
	child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
	await eventually(() => text.includes('go'));
	t.regex(text, /33 99\r\n/, "the guest's terminal adds the carriage return, the own one adds none");
	const [tty = ''] = /^\/dev\/pts\/\d+/.exec(text) ?? [];
	await runProgram('stty', ['-F', tty, 'rows', '21', 'cols', '77']);
	await eventually(() => /^21 77\r$/m.test(text));
	child.stdin.write('\x03');
	const [exitCode] = await once(child, 'close');
	t.regex(text, /caught/);
	t.is(exitCode, 9);
});

test('cp copies files and directories both ways, and a tar; it refuses what has no room', (t) =>
	copyInGuest(t, folder));

test('path escape: cp leaves no container by the links of /proc of another one', async (t) => {
	const leak = await slipway(
		'exec',
		'box',
		'--',
		'sh',
		'-c',
		'ln -s /proc/1/root /leak && ls /leak/lib/slipway/client',
	);
	t.is(leak.exitCode, 0, 'the container itself sees the root of PID 1');
	for (const args of [
		['box:/leak/lib/slipway/client', '-'],
		['-L', 'box:/leak', '-'],
		[join(folder, 'config'), 'box:/leak/run/stolen'],
	]) {
		const refused = await slipway('cp', ...args);
		t.is(refused.exitCode, 1, args.join(' '));
		t.regex(refused.stderr, /too many symbolic links|symbolic link/);
	}
	t.is((await slipway('exec', 'box', '--', 'ls', '/run/stolen')).exitCode, 1);
});

test('a container has no way to the port of the host without all of /dev, and none while it is in use', async (t) => {
	const { stdout } = await slipway(
		'exec',
		'box',
		'--',
		'sh',
		'-c',
		'cat /sys/class/virtio-ports/*/name /sys/class/virtio-ports/*/dev; ls /dev/vport*',
	);
	const [, major, minor, device] = /^slipway\.control\n(\d+):(\d+)\n(\/dev\/vport\w+)\n$/.exec(stdout) ?? [];
	const busy = await slipway('exec', 'box', '--', 'cat', device ?? '');
	t.regex(busy.stderr, /busy/i);
	t.is((await slipway('exec', 'plain', '--', 'ls', device ?? '')).exitCode, 1);
	const own = await slipway('exec', 'plain', '--', 'sh', '-c', `mknod /own c ${major} ${minor}; cat /own`);
	t.not(own.exitCode, 0);
	t.regex(own.stderr, /not permitted/);
});

test('net: bridge: services listen on one port, call each other by name, and keep their addresses', async (t) => {
	for (const name of ['left', 'right'])
		t.is((await slipway('service', 'wait', name, '--timeout', '120')).exitCode, 0);
	t.is(await setIn('right', 'left', 'of right'), 'OK');
	t.is(await setIn('left', 'right', 'of left'), 'OK');
	t.deepEqual([await valueIn('left'), await valueIn('right')], ['of left', 'of right']);
	const namespace = async () =>
		(await slipway('exec', 'box', '--', 'stat', '-c', '%i', '/run/slipway/netns/left')).stdout;
	const before = await namespace();
	t.is((await slipway('service', 'restart', 'left')).exitCode, 0);
	t.is((await slipway('service', 'wait', 'left', '--timeout', '120')).exitCode, 0);
	t.is(await setIn('left', 'right', 'after the restart'), 'OK');
	t.regex(before, /^\d+\n$/);
	t.is(await namespace(), before);
});

test('ports: a client outside reaches a service, and so does the system itself', async (t) => {
	t.is(await answerOf(redisPort, 'PING\r\n'), '+PONG\r\n');
	t.is(await answerOf(redisPort, 'SET key outside\r\n'), '+OK\r\n');
	t.is(await valueIn('left'), 'outside');
	const within = await slipway(
		'exec',
		'box',
		'--',
		'sh',
		'-c',
		'printf "PING\\r\\nQUIT\\r\\n" | nc 127.0.0.1 7001',
	);
	t.regex(within.stdout, /PONG/, within.stderr);
});

test('run-in runs a tarball of the host with limits, in the namespaces of a service, and leaves nothing', (t) =>
	runInGuest(t, folder, slipwayEnvironment()));

test(
	'net: bridge: a service reaches the outside under the addresses of the system, and has its name servers',
	reachesOutside,
);
test(
	'networks: a service reaches those of its own networks alone, by an internal one nothing else',
	ownNetworksAlone,
);
test('net: none leaves a loopback interface that is up', loopbackAlone);

test('a command that nobody reads holds up no other, and ends with its reader', async (t) => {
	const flood = spawn(slipwayProgram, ['exec', '-T', 'box', '--', 'yes'], {
		stdio: ['ignore', 'pipe', 'ignore'],
		env: slipwayEnvironment(),
	});
	await once(flood.stdout, 'readable');
	t.regex((await slipway('service')).stdout, /^box/m);
	flood.stdout.destroy();
	await once(flood, 'exit');
	t.true(await eventually(async () => (await slipway('exec', 'box', '--', 'pidof', 'yes')).exitCode === 1));
});

test('the relay is killed: its commands end with an error, and the next one starts it anew', async (t) => {
	const waiting = slipway('exec', 'box', '--', 'sleep', '1000');
	// Beside the service's own one.
	const started = async () =>
		(await slipway('exec', 'box', '--', 'pidof', 'sleep')).stdout.trim().includes(' ');
	await eventually(started);
	const pid = await relayPid();
	process.kill(pid ?? 0, 'SIGKILL');
	const lost = await waiting;
	t.is(lost.exitCode, 1);
	t.regex(lost.stderr, /lost/);
	t.regex((await slipway('service')).stdout, /^box/m);
	t.not(await relayPid(), pid);
	t.true(await eventually(async () => !(await started())), 'the command in the guest has ended, too');
});

test('PID 1 crashes: a command that runs goes on, and the next one works', async (t) => {
	const runtime = slipwayEnvironment()['XDG_RUNTIME_DIR'];
	const going = withInput('', 'exec', '-T', 'box', '--', 'sh', '-c', 'sleep 10; echo survived');
	await eventually(async () =>
		(await slipway('exec', 'box', '--', 'pidof', 'sleep')).stdout.trim().includes(' '),
	);
	writeFileSync(`${runtime}/slipway/tested/events.in`, '{"command":"fault","kind":"segv"}\n');
	await eventually(() => shown.includes('resumed after a crash'));
	t.is((await going).stdout, 'survived\n');
	t.is(await setIn('left', 'right', 'after the crash'), 'OK');
	t.is(await answerOf(redisPort, 'PING\r\n'), '+PONG\r\n');
	t.true(await eventually(async () => /^box +running/m.test((await slipway('service')).stdout)));
});

test('--host runs the same commands by ssh', async (t) => {
	const env = { ...slipwayEnvironment(), PATH: `${folder}/bin:${process.env['PATH']}` };
	const host = ['--host', `ssh://root@127.0.0.1:${sshPort}`];
	const run = async (verb: string, ...args: readonly string[]) =>
		await runProgram(slipwayProgram, [verb, ...host, ...args], { env });
	const list = await run('service');
	t.regex(list.stdout, /^box +running/m, list.stderr);
	const failed = await run('exec', 'box', '--', 'sh', '-c', 'echo "$1"; exit 6', 'sh', "a b'$c");
	t.is(failed.stdout, "a b'$c\n", failed.stderr);
	t.is(failed.exitCode, 6);
	t.regex((await run('logs', '-n', '1', 'box')).stdout, /the second line\n$/);
	const there = await run('cp', join(folder, 'tree'), "plain:/by ssh's");
	t.is(there.exitCode, 0, there.stderr);
	const back = await run('cp', "plain:/by ssh's/sub/file", join(folder, 'by-ssh'));
	t.is(back.exitCode, 0, back.stderr);
	t.true(readFileSync(join(folder, 'by-ssh')).equals(readFileSync(join(folder, 'tree/sub/file'))));
});

test('dashboard --host shows a machine by ssh, and follows the log of PID 1', async (t) => {
	const env = { ...slipwayEnvironment(), PATH: `${folder}/bin:${process.env['PATH']}` };
	const host = `ssh://root@127.0.0.1:${sshPort}`;
	const dashboard = spawn(slipwayProgram, ['dashboard', '--host', host], {
		stdio: ['ignore', 'pipe', 'inherit'],
		env,
	});
	t.teardown(() => dashboard.kill('SIGKILL'));
	const [address] = (await once(dashboard.stdout, 'data')) as [Buffer];
	const url = address.toString('utf8').trim();
	const read = async (path: string, seen: { text: string }): Promise<void> => {
		for await (const bytes of (await fetch(`${url}${path}`)).body ?? [])
			seen.text += Buffer.from(bytes).toString('utf8');
	};
	const [events, log] = [{ text: '' }, { text: '' }];
	void read('events', events).catch(() => undefined);
	await eventually(() => /"type":"usage","name":"ssh:[^\n]*"name":"box","memoryBytes":\d+/.test(events.text));
	t.regex(events.text, /"type":"event","name":"ssh:[^\n]*"name":"box","state":"running"/);
	const system = encodeURIComponent(host);
	void read(`logs?system=${system}&service=init`, log).catch(() => undefined);
	await eventually(() => /^\[ *[\d.]+\] box +/m.test(log.text));
	const restart = await fetch(`${url}action?system=${system}`, {
		method: 'POST',
		headers: { Origin: new URL(url).origin },
		body: '{"action":"restart","service":"box"}',
	});
	t.is(restart.status, 200, await restart.text());
	await eventually(() => /^\[ *[\d.]+\] box +stopping/m.test(log.text));
	dashboard.kill('SIGTERM');
	t.deepEqual(await once(dashboard, 'exit'), [0, null]);
});

test('service shutdown ends the machine', async (t) => {
	t.is((await slipway('service', 'shutdown', 'poweroff')).exitCode, 0);
	if (machine?.exitCode === null) await once(machine, 'exit');
	t.is(machine?.exitCode, 0);
	t.regex((await slipway('service')).stderr, /No machine runs/);
	t.is(await eventually(async () => (await relayPid()) === null), true);
});
