// The small client (native/client) and the real PID 1, in namespaces: the same answers as from `service` as a process of its own.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { buildInitOnce, type Guest, startGuest } from './guest-init.ts';
import { spawnWithoutReader } from './without-reader.ts';

test.before(buildInitOnce);

/** The exit code of a program in a pipe whose reader is gone. */
const gone = 141;

const prepare = `
mkdir -p usr/bin sbin
ln -s /lib/slipway/client usr/bin/service
for name in poweroff reboot halt; do ln -s /lib/slipway/client sbin/$name; done`;

async function startReady(t: ExecutionContext, more = ''): Promise<Guest> {
	const guest = await startGuest({ prepare: `${prepare}\n${more}` });
	t.teardown(() => guest.stop());
	await guest.waitFor('readiness', () => guest.events.some(({ event }) => event === 'ready'));
	return guest;
}

/** @param options - of chroot(1) */
function call(guest: Guest, program: string, args: readonly string[], options: readonly string[] = []) {
	const { status, stdout, stderr } = spawnSync('chroot', [...options, guest.root, program, ...args], {
		encoding: 'utf8',
		timeout: 20_000,
	});
	return { status, stdout, stderr };
}

test('service by the small client answers as the program itself does', async (t) => {
	const guest = await startReady(t);
	t.is(statSync(join(guest.root, 'run/slipway/command.sock')).mode & 0o777, 0o600);
	const commandLines = [
		[],
		['list', '--json'],
		['status'],
		['status', 'absent'],
		['start', 'absent'],
		['reload', 'absent', '--signal', 'NOPE'],
		['wait', 'absent', '--for', 'ever'],
		['wait', 'absent', '--timeout', '0'],
		['boot'],
		['events'],
		['--json', 'events'],
		['logs', 'init', '-n', '3'],
		['logs', '--since', 'now'],
		['exec', 'absent', '--', 'true'],
		['shutdown', 'maybe'],
		['help'],
		['status', '--help'],
		['status', '--loud'],
		['lits'],
		['restart', 'absent', 'x'.repeat(70_000)],
	];
	for (const args of commandLines) {
		const answer = call(guest, '/usr/bin/service', args);
		t.deepEqual(answer, call(guest, '/lib/slipway/service', args), args.join(' ').slice(0, 80));
		t.not(answer.status, null);
	}
	t.regex(call(guest, '/usr/bin/service', []).stdout, /^NAME +STATE/);
	t.is(call(guest, '/usr/bin/service', ['status', 'absent']).status, 4);
	t.deepEqual(call(guest, '/usr/bin/service', ['list'], ['--userspec=65534:65534']), {
		status: 4,
		stdout: '',
		stderr: 'service: Only root may send requests to PID 1.\n',
	});
	t.regex(call(guest, '/usr/bin/service', ['pid1', '--collect']).stdout, /^open files +\d+$/m);
});

test('PID 1 runs service itself: the client needs no program of its own', async (t) => {
	const guest = await startReady(t, 'rm lib/slipway/service');
	for (const args of [[], ['list', '--all'], ['status', '--json'], ['boot'], ['events'], ['pid1']]) {
		t.like(call(guest, '/usr/bin/service', args), { status: 0, stderr: '' }, args.join(' '));
	}
	t.like(call(guest, '/usr/bin/service', ['stop', 'absent']), { status: 5 });
	const top = spawn('script', ['-qec', `exec chroot ${guest.root} /usr/bin/service top`, '/dev/null']);
	t.teardown(() => top.kill('SIGKILL'));
	const ended = once(top, 'exit');
	let screen = '';
	top.stdout.on('data', (bytes: Buffer) => (screen += bytes.toString()));
	await eventually(() => screen.includes('services ready'), { what: 'the screen of top' });
	top.stdin.write('q');
	t.deepEqual(await ended, [0, null], 'q ends top');
	const help = call(guest, '/usr/bin/service', ['help']);
	t.is(help.status, 1);
	t.regex(help.stderr, /^service: .*\/lib\/slipway\/service can't be executed: No such file or directory/);
});

test('service by the small client follows events until its reader goes, and PID 1 keeps nothing of it', async (t) => {
	const guest = await startReady(t);
	const openFiles = (): number => {
		const { stdout } = call(guest, '/lib/slipway/service', ['pid1', '--json']);
		return (JSON.parse(stdout) as { readonly openFiles: number }).openFiles;
	};
	const before = openFiles();
	const followers: ReturnType<typeof follow>[] = [];
	// PID 1 serves sixteen at once: the others are processes of their own.
	for (const until of [16, 20]) {
		while (followers.length < until) followers.push(follow(guest));
		for (const { heard } of followers) {
			await eventually(() => heard().includes('every service runs'), { what: 'the past events' });
		}
	}
	t.is(openFiles(), before + 20);
	for (const { child } of followers.slice(0, 4)) child.kill('SIGINT');
	for (const { child } of followers.slice(4)) child.stdout.destroy();
	// The client notices that its reader has gone; a process of Node only does at its next line.
	for (const { child } of followers.slice(16)) child.kill('SIGKILL');
	for (const { child, exited } of followers) {
		const expected = child.killed ? null : 141;
		t.is(await exited, expected);
	}
	await eventually(() => openFiles() === before, { what: 'PID 1 closes the connections of its followers' });
});

function follow(guest: Guest) {
	const child = spawn('chroot', [guest.root, '/usr/bin/service', 'events', '-f'], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	let text = '';
	child.stdout.on('data', (bytes) => (text += bytes));
	const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
	return { child, exited, heard: () => text };
}

test('service by the small client ends quietly when nobody reads its output', async (t) => {
	const guest = await startReady(t);
	const commandLines = [
		['list', '--all'],
		['boot', '--json'],
		['logs', 'init'],
		['boot'],
		['events'],
		['events', '-f'],
		['pid1'],
		['help'],
	];
	for (const args of commandLines) {
		const child = spawnWithoutReader('chroot', [guest.root, '/usr/bin/service', ...args], 'stdout');
		t.teardown(() => child.kill('SIGKILL'));
		const words = text(child.stderr);
		t.deepEqual(await once(child, 'exit'), [gone, null], args.join(' '));
		t.is(await words, '');
	}
	t.regex(call(guest, '/usr/bin/service', ['pid1']).stdout, /^open files/m, 'PID 1 answers as before');
});

test('PID 1 is not held by a client that is stopped, sends garbage, or says nothing', async (t) => {
	const guest = await startReady(t, 'rm lib/slipway/service');
	const path = join(guest.root, 'run/slipway/command.sock');
	const stopped = follow(guest);
	t.teardown(() => stopped.child.kill('SIGKILL'));
	await eventually(() => stopped.heard() !== '', { what: 'the past events' });
	stopped.child.kill('SIGSTOP');
	const garbage = connect(path);
	garbage.on('error', () => undefined);
	const refused = new Promise((resolve) => garbage.once('close', resolve));
	garbage.write(Buffer.alloc(200_000, 0x80));
	const silent = connect(path);
	silent.on('error', () => undefined);
	t.teardown(() => silent.destroy());
	t.is(call(guest, '/usr/bin/service', ['list']).status, 0);
	await t.notThrowsAsync(refused);
});

test('service by the small client speaks when PID 1 is gone, and PID 1 is reached again after its crash', async (t) => {
	const guest = await startReady(t);
	guest.command({ command: 'fault', kind: 'segv' });
	await guest.waitFor('the next life', () =>
		guest.events.some((line) => line.event === 'init' && line.resumed),
	);
	const answered = await eventually(() => {
		const answer = call(guest, '/usr/bin/service', ['boot']);
		return answer.status === 0 && answer;
	});
	t.regex(answered.stdout, /Ready \d/);
	spawnSync('chroot', [guest.root, '/lib/slipway/service', 'shutdown', 'poweroff'], { stdio: 'ignore' });
	t.is(await guest.ended, 'SIGINT');
});

for (const [name, signal] of [
	['poweroff', 'SIGINT'],
	['reboot', 'SIGHUP'],
	['halt', 'SIGINT'],
] as const) {
	test(`${name} by the small client asks PID 1 of its pid namespace`, async (t) => {
		const guest = await startReady(t);
		const none = openSync('/dev/null', 'r');
		spawn('nsenter', ['-t', String(guest.pid), '-p', '-r', '-w', `/sbin/${name}`], {
			stdio: [none, none, none],
		});
		t.is(await guest.ended, signal);
		closeSync(none);
		t.true(guest.events.some((line) => line.event === 'shutdown' && line.action === name));
	});
}
