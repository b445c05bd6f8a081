// PID 1 itself: it boots, reaps, survives and ends.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import test from 'ava';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { buildInitOnce, type Guest, readOrEmpty, startGuest } from './guest-init.ts';

test.before(buildInitOnce);

const isReady = (guest: Guest) => () => guest.events.some(({ event }) => event === 'ready');
const resumes = (guest: Guest): GuestEventLine[] =>
	guest.events.filter((line) => line.event === 'init' && line.resumed);
const stageStates = (guest: Guest): Record<string, string> =>
	Object.fromEntries(
		guest.events.flatMap((line) => (line.event === 'stage' ? [[line.stage, line.state]] : [])),
	);

test('PID 1 boots, is ready and powers off on SIGUSR2', async (t) => {
	const guest = await startGuest({ prepare: 'echo harbour > etc/hostname' });
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	t.regex(readOrEmpty(`/proc/${guest.pid}/status`), /^NSpid:\t\d+\t1$/m);
	const states = stageStates(guest);
	for (const stage of ['root', 'mounts', 'hostname', 'loopback']) t.is(states[stage], 'done', stage);
	t.is(states['devices'], 'skipped');
	t.regex(guest.console(), /\] hostname {6}harbour in 0\.\d\d s/);
	guest.signal('SIGUSR2');
	// reboot(2): a pid namespace's init is ended by SIGINT for a power-off.
	t.is(await guest.ended, 'SIGINT');
	t.true(guest.events.some((line) => line.event === 'shutdown' && line.action === 'poweroff'));
});

test('V8 takes the code caches that the executable brings, of PID 1 and of the other programs', async (t) => {
	const guest = await startGuest({ prepare: 'mkdir -p usr/bin && ln -s /init usr/bin/service' });
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	t.notRegex(guest.console(), /code cache/);
	const called = (program: string) =>
		spawnSync('chroot', [guest.root, program, '--help'], { encoding: 'utf8' });
	t.is(
		called('/init').stderr,
		'init: must be started as PID 1. To end the system call poweroff, reboot or halt.\n',
	);
	t.like(called('/usr/bin/service'), { stderr: '', status: 0 });
});

test('PID 1 halts on SIGUSR1, which Node would keep for its inspector', async (t) => {
	const guest = await startGuest();
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	guest.signal('SIGUSR1');
	t.is(await guest.ended, 'SIGINT');
	t.true(guest.events.some((line) => line.event === 'shutdown' && line.action === 'halt'));
});

test('PID 1 reboots on SIGTERM', async (t) => {
	const guest = await startGuest();
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	guest.signal('SIGTERM');
	// reboot(2): by SIGHUP for a restart.
	t.is(await guest.ended, 'SIGHUP');
});

test('PID 1 ends on the host command poweroff', async (t) => {
	const guest = await startGuest();
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	guest.command({ command: 'poweroff' });
	t.is(await guest.ended, 'SIGINT');
});

for (const kind of ['segv', 'abort', 'heap'] as const) {
	test(`PID 1 survives its own crash and keeps its state: ${kind}`, async (t) => {
		const guest = await startGuest();
		t.teardown(() => guest.stop());
		await guest.waitFor('ready', isReady(guest));
		const { pid } = guest;
		guest.command({ command: 'fault', kind });
		await guest.waitFor('a resumed PID 1', () => resumes(guest).length === 1);
		t.is(guest.pid, pid);
		guest.command({ command: 'fault', kind: 'segv' });
		await guest.waitFor('a second resume', () => resumes(guest).length === 2);
		const stagesRun = guest.events.filter((line) => line.event === 'stage' && line.stage === 'root');
		t.is(stagesRun.length, 1, 'no stage is done twice');
		guest.command({ command: 'poweroff' });
		t.is(await guest.ended, 'SIGINT');
	});
}

test('PID 1 survives a deadly signal from outside', async (t) => {
	const guest = await startGuest();
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	for (const [index, signal] of (
		['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP'] as const
	).entries()) {
		guest.signal(signal);
		await guest.waitFor(`a resume after ${signal}`, () => resumes(guest).length === index + 1);
	}
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});

test('PID 1 survives an error that nobody caught, without a restart', async (t) => {
	const guest = await startGuest();
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	guest.command({ command: 'fault', kind: 'throw' });
	const logFile = (): string => readOrEmpty(`${guest.root}/run/slipway/init.log`);
	await guest.waitFor('the error in the log', () => logFile().includes('an error that nobody caught'));
	t.is(resumes(guest).length, 0);
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});

test('PID 1 reaps a thousand orphans', async (t) => {
	const guest = await startGuest();
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	const processes = (): number =>
		readdirSync(`${guest.root}/proc`).filter((name) => /^\d+$/.test(name)).length;
	const lastPid = (): number => Number(readOrEmpty(`${guest.root}/proc/loadavg`).trim().split(' ').at(-1));
	const before = lastPid();
	guest.command({ command: 'fault', kind: 'orphans' });
	await guest.waitFor('a thousand processes', () => lastPid() > before + 1000);
	await guest.waitFor('none of them left, not even as a zombie', () => processes() === 1);
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});

for (const [name, signal] of [
	['poweroff', 'SIGINT'],
	['reboot', 'SIGHUP'],
	['halt', 'SIGINT'],
] as const) {
	test(`${name}, called inside, asks PID 1`, async (t) => {
		const guest = await startGuest({ prepare: `mkdir sbin; ln -s ../init sbin/${name}` });
		t.teardown(() => guest.stop());
		await guest.waitFor('ready', isReady(guest));
		// Its own exit says nothing: it may be ended with all the others.
		spawnSync('nsenter', ['--target', String(guest.pid), '--pid', '--mount', '--root', `/sbin/${name}`], {
			timeout: 10_000,
		});
		t.is(await guest.ended, signal);
		t.true(guest.events.some((line) => line.event === 'shutdown' && line.action === name));
	});
}

test('modprobe, called inside, names a missing module, but not with -q', async (t) => {
	const guest = await startGuest();
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	const modprobe = (...args: string[]): { status: number | null; stderr: string } =>
		spawnSync(
			'nsenter',
			['--target', String(guest.pid), '--pid', '--mount', '--root', '/lib/slipway/modprobe', ...args],
			{ encoding: 'utf8' },
		);
	t.like(modprobe('-q', '--', 'net-pf-99'), { status: 1, stderr: '' });
	const loud = modprobe('no-such-module');
	t.is(loud.status, 1);
	t.regex(loud.stderr, /^modprobe: there is no module no-such-module for the kernel /);
	t.is(modprobe('-r', 'x').status, 2);
});

test("the executable, called by a name that it doesn't know, never does PID 1's work", async (t) => {
	const guest = await startGuest({ prepare: 'mkdir sbin; ln -s ../init sbin/unheard-of' });
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	// In a pid namespace of its own it is PID 1, as in any container.
	const called = spawnSync(
		'unshare',
		['--pid', '--fork', 'nsenter', '--target', String(guest.pid), '--mount', '--root', '/sbin/unheard-of'],
		{ encoding: 'utf8', timeout: 10_000 },
	);
	t.is(called.status, 1, called.stderr);
	t.regex(called.stderr, /^unheard-of: \/init of this system has no program of this name\. It has: .*sysctl/);
});

test('PID 1 takes no command that the kernel command line forbids, and no nonsense', async (t) => {
	const guest = await startGuest({ commandLine: 'slipway.faults=0' });
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	guest.command({ command: 'fault', kind: 'segv' });
	await guest.waitFor('a refusal', () => guest.console().includes('only slipway.faults=1 allows that'));
	t.is(resumes(guest).length, 0);
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});
