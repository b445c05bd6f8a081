// Tests the messages when parts of a system fail: the boot continues, and the console and the events say which,
// why and where the log is.

import ava, { type ExecutionContext } from 'ava';
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
files:
  - {path: etc/script, contents: "#!/no/such/interpreter\\n", mode: "0755"}
  - {path: etc/text, contents: "x", mode: "0755"}
onboot:
  - {name: lost, image: slipway/getty:v1, command: [/no/such/program], binds: [], engine: builtin}
  - {name: script, image: slipway/getty:v1, command: [/x], binds: ["/etc/script:/x"], engine: builtin}
  - {name: text, image: slipway/getty:v1, command: [/x], binds: ["/etc/text:/x"], engine: builtin}
  - {name: starved, image: slipway/getty:v1, command: [/bin/true], binds: [], resources: {memory: {limit: 40960}}, engine: builtin}
  - {name: sourceless, image: slipway/getty:v1, command: [/bin/true], binds: ["/no/source:/x"], engine: builtin}
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
  - {name: script, image: slipway/getty:v1, command: [/x], binds: ["/etc/script:/x"], restart: {policy: no}}
  - {name: starved, image: slipway/getty:v1, command: [/bin/true], binds: [], resources: {memory: {limit: 40960}}, restart: {policy: no}}
  - {name: sourceless, image: slipway/getty:v1, command: [/bin/true], binds: ["/no/source:/x"], restart: {policy: no}}
  - {name: sealed, image: slipway/getty:v1, command: [/bin/true], binds: ["/etc/text:/no/target"], readonly: true, restart: {policy: no}}
  - {name: unable, image: slipway/getty:v1, command: [/bin/chown, "5", /bin/busybox], binds: [], capabilities: [none], restart: {policy: no}}
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
	name = await buildSystem(
		'trouble',
		yaml,
		...['command', 'bind-source', 'bind-target'].flatMap((check) => ['--accept', check]),
	);
	guest = await bootGuest(name);
	guest.machine.emitter.on('console', (bytes: Buffer) => (console += bytes.toString()));
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

test('a failing onboot container is reported with its exit status and last lines, and the next one runs', async (t) => {
	const failed = await guest.event(
		(event) => event.event === 'onboot' && event.state === 'failed' && event.name.endsWith('-broken'),
	);
	t.regex('name' in failed ? failed.name : '', /^\d{3}-broken$/);
	t.regex(failed.msg, /exited with status 3/);
	// The console is another port, and a slower one.
	t.true(await eventually(async () => guest.machine.lastLines().includes('the disk is missing') || null));
	await guest.event(
		(event) => event.event === 'onboot' && event.name.endsWith('-after') && event.state === 'done',
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

const saysWhy = ava.macro({
	async exec(t: ExecutionContext, kind: 'onboot' | 'service', name: string, sentence: string) {
		const failed = await guest.event(
			(event) =>
				event.event === kind && event.name.replace(/^\d{3}-/, '') === name && event.state === 'failed',
		);
		const [cause = ''] = failed.msg.split('; ');
		t.is(cause, `could not be started: ${sentence}`);
	},
	title: (_: string | undefined, kind: string, name: string) =>
		`the failed start of the ${kind} ${name} is one sentence, the cause first`,
});

test(saysWhy, 'onboot', 'lost', 'the program /no/such/program is not in the container');
test(saysWhy, 'onboot', 'script', 'the interpreter of /x is not in the container');
test(saysWhy, 'onboot', 'text', '/x is no program for this processor, and no script with #!');
test(saysWhy, 'onboot', 'starved', 'the limit of memory is too small for a start');
test(saysWhy, 'onboot', 'sourceless', '/no/source does not exist, which is to be mounted at /x');
test(saysWhy, 'service', 'script', 'the interpreter of /x is not in the container');
test(saysWhy, 'service', 'starved', 'the limit of memory is too small for a start');
test(saysWhy, 'service', 'sourceless', '/no/source does not exist, which is to be mounted at /x');
test(
	saysWhy,
	'service',
	'sealed',
	"/no/target is not in the image, and can't be made in a read-only container",
);

test('a service whose program the kernel refuses a call names the capability', async (t) => {
	await guest.event(
		(event) => event.event === 'service' && event.name === 'unable' && event.state === 'failed',
	);
	await eventually(
		() => console.includes('it may lack the capability CAP_CHOWN, which the call in "chown: ') || null,
	);
	t.notRegex(console, /unable: it may lack/);
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
	const exit = await guest.machine.powerOff(300_000);
	t.like(exit, { exitCode: 0, shutdown: 'poweroff' });
});

test('run --until-ready of such a system exits 1 and says what is not well', async (t) => {
	// On a busy host the boot above took longer, and so will this one.
	const ghost = guest.machine.events.find(
		(event) => event.event === 'service' && event.name === 'ghost' && event.state !== 'starting',
	);
	const seconds = String(Math.max(45, Math.ceil(3 * (ghost?.at ?? 0))));
	const run = await slipway(
		'run',
		'--until-ready',
		'--cpus=1',
		'--timeout',
		seconds,
		'--memory',
		'704',
		name,
	);
	t.is(run.exitCode, 1);
	t.true(run.stderr.includes(`not ready after ${seconds} s`), run.stderr);
	t.regex(run.stderr, /\]0;title .* forged/);
	t.notRegex(run.stderr, unsafe);
	t.regex(run.stderr, /service ghost: could not be started: .*\/no\/such\/program/);
	t.regex(run.stderr, /onboot \d{3}-broken: exited with status 3; .*\n.*forged\n\s+the disk is missing\n/);
});
