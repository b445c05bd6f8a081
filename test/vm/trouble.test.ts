// Tests the messages when parts of a system fail: the boot continues, and the console and the events say which,
// why and where the log is.

import ava from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem, slipway } from '../helpers/system.ts';

const test = ava.serial;
let guest: Guest;
let name: string;

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
onboot:
  - name: broken
    image: slipway/getty:v1
    command: ["/bin/sh", "-c", "echo the disk is missing >&2; exit 3"]
    binds: []
  - name: after
    image: slipway/getty:v1
    command: ["/bin/true"]
    binds: []
services:
  - name: ghost
    image: slipway/getty:v1
    command: ["/no/such/program"]
  - name: hungry
    image: slipway/getty:v1
    command: ["/bin/sh", "-c", "sleep 1; exec /bin/tail /dev/zero"]
    binds: []
    resources: {memory: {limit: 16777216}}
    restart: {delay: 10s}
  - name: redis
    image: slipway/redis:v1
    net: host
`;

ava.before(async () => {
	name = await buildSystem('trouble', yaml);
	guest = await bootGuest(name);
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

test('a failing onboot container is reported with its exit status and last lines, and the next one runs', async (t) => {
	const failed = await guest.event((event) => event.event === 'onboot' && event.state === 'failed');
	t.like(failed, { name: '000-broken' });
	t.regex(failed.msg, /exited with status 3/);
	// The console is another port, and a slower one.
	t.true(await eventually(async () => guest.machine.lastLines().includes('the disk is missing') || null));
	await guest.event(
		(event) => event.event === 'onboot' && event.name === '001-after' && event.state === 'done',
	);
});

test('a service whose program does not exist names the program, and the others run', async (t) => {
	const trouble = await guest.event(
		(event) =>
			event.event === 'service' &&
			event.name === 'ghost' &&
			(event.state === 'failed' || event.state === 'backoff'),
	);
	t.regex(trouble.msg, /\/no\/such\/program/);
	await guest.event(
		(event) => event.event === 'service' && event.name === 'redis' && event.state === 'running',
	);
	t.false(guest.machine.events.some((event) => event.event === 'ready'));
});

test('a service that is killed because memory is short is reported as such', async (t) => {
	const killed = await guest.event(
		(event) => event.event === 'service' && event.name === 'hungry' && event.state === 'backoff',
	);
	t.regex(
		killed.msg,
		/^exited with status 137 \(SIGKILL\); killed because it is out of memory \(its limit is 16 MiB\)/,
	);
});

test('the shutdown is clean all the same', async (t) => {
	const exit = await guest.machine.powerOff(60_000);
	t.like(exit, { exitCode: 0, shutdown: 'poweroff' });
});

test('run --until-ready of such a system exits 1 and says what is not well', async (t) => {
	const run = await slipway('run', '--until-ready', '--timeout', '25', '--memory', '704', name);
	t.is(run.exitCode, 1);
	t.regex(run.stderr, /not ready after 25 s/);
	t.regex(run.stderr, /service ghost: could not be started: .*\/no\/such\/program/);
	t.regex(run.stderr, /onboot 000-broken: exited with status 3; .*\n\s+the disk is missing\n/);
});
