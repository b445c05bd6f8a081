// Tests the messages when parts of a system fail: the boot continues, and the console and the events say which,
// why and where the log is.

import ava from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem, slipway } from '../helpers/system.ts';

const test = ava.serial;
let guest: Guest;
let name: string;
let console = '';

/** The title, the clipboard, a clear screen, an 8-bit CSI, text from right to left, and a line as if PID 1 said it. */
const attack =
	"printf '\\033]0;title\\007\\033]52;c;AAAA\\007\\033[2J\\302\\2332J\\342\\200\\256\\r[    1.000] root          forged\\n'";

const unsafe = /(?![\r\n\t])[\p{Cc}\p{Cf}]/u;

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
onboot:
  - name: broken
    image: slipway/getty:v1
    command: ${JSON.stringify(['/bin/sh', '-c', `${attack} >&2; echo the disk is missing >&2; exit 3`])}
    binds: []
  - name: after
    image: slipway/getty:v1
    command: ["/bin/true"]
    binds: []
services:
  - name: evil
    image: slipway/getty:v1
    command: ${JSON.stringify(['/bin/sh', '-c', `${attack}; exit 1`])}
    binds: []
    log: {driver: console}
    restart: {delay: 1h, maxDelay: 1h}
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
	name = await buildSystem('trouble', yaml, '--accept', 'command');
	guest = await bootGuest(name);
	guest.machine.emitter.on('console', (bytes: Buffer) => (console += bytes.toString()));
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

test('terminal injection: what containers print reaches the console without control characters and forged lines', async (t) => {
	await guest.event(
		(event) => event.event === 'service' && event.name === 'evil' && event.state === 'backoff',
	);
	// Of the onboot container, of the service by the console driver, and of the service as its last lines.
	t.true(await eventually(async () => console.split('forged').length > 3 || null));
	t.notRegex(console, unsafe);
	t.notRegex(console, /^\[ +1\.000\] root +forged/m);
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
	const run = await slipway('run', '--until-ready', '--timeout', '45', '--memory', '704', name);
	t.is(run.exitCode, 1);
	t.regex(run.stderr, /not ready after 45 s/);
	t.regex(run.stderr, /\]0;title .* forged/);
	t.notRegex(run.stderr, unsafe);
	t.regex(run.stderr, /service ghost: could not be started: .*\/no\/such\/program/);
	t.regex(run.stderr, /onboot 000-broken: exited with status 3; .*\n.*forged\n\s+the disk is missing\n/);
});
