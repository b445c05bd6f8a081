// The example, booted once and used from outside, then shut down from its own console. The tests run in order on
// the same machine: what one does to it (killed services, crashes of PID 1) the next ones must not notice.
// Runs alone: the machine has two processors.

import { readFileSync } from 'node:fs';
import ava, { type ExecutionContext } from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem } from '../helpers/system.ts';
import { openTypedConsole, type TypedConsole } from '../helpers/typed-console.ts';

const test = ava.serial;
let guest: Guest;

ava.before(async () => {
	const name = await buildSystem('redis-os', readFileSync('examples/redis-os.yml', 'utf8'));
	guest = await bootReadyGuest(name, { cpus: 2, append: 'slipway.faults=1' });
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

async function answersPing(): Promise<string> {
	return await eventually(async () => ((await guest.redis('PING')) === 'PONG' ? 'PONG' : null));
}

async function redisPid(): Promise<number> {
	const info = await guest.redis('INFO', 'server');
	return Number(/process_id:(\d+)/.exec(info)?.[1] ?? 0);
}

/** Redis sees its own pid namespace; the host's pid is what containerd knows. */
async function redisTask(): Promise<{ readonly pid: number; readonly status: string } | null> {
	const { output } = await guest.shell('ctr tasks ls');
	const match = /^redis\s+(\d+)\s+(\w+)/m.exec(output);
	return match === null ? null : { pid: Number(match[1]), status: match[2] ?? '' };
}

async function runningRedis(): Promise<number> {
	return await eventually(async () => {
		const task = await redisTask();
		return task?.status === 'RUNNING' ? task.pid : null;
	});
}

test('redis-os: a client outside SETs and GETs through the forwarded port', async (t) => {
	// "running" is a program that was started; Redis takes a moment more until it listens.
	t.is(await answersPing(), 'PONG');
	t.is(await guest.redis('SET', 'greeting', 'hello'), 'OK');
	t.is(await guest.redis('GET', 'greeting'), 'hello');
	t.true((await redisPid()) > 0);
});

test('redis-os: the stages, both onboot containers and both services are reported with their times', (t) => {
	const { events } = guest.machine;
	const stages = events.flatMap((event) =>
		event.event === 'stage' ? [`${event.stage} ${event.state}`] : [],
	);
	// It comes up beside the onboot containers.
	t.true(stages.includes('containerd done'));
	t.deepEqual(
		stages.filter((stage) => stage !== 'containerd done'),
		[
			'root done',
			'mounts done',
			'memory done',
			'devices done',
			'watchdog skipped',
			// QEMU's clock is right, and the kernel reads it.
			'clock skipped',
			'limits done',
			'hostname done',
			'loopback done',
			'resolv.conf done',
			'network skipped',
			'volumes skipped',
		],
	);
	const onboot = events.flatMap((event) =>
		event.event === 'onboot' && event.state === 'done' ? [event.name] : [],
	);
	t.deepEqual(onboot, ['000-sysctl', '001-dhcpcd']);
	t.deepEqual(
		events
			.flatMap((event) => (event.event === 'service' && event.state === 'running' ? [event.name] : []))
			.sort(),
		['getty', 'redis'],
	);
});

test('redis-os: the process tree is PID 1, containerd, a shim per service and the services', async (t) => {
	const { output } = await guest.shell(
		// A kernel thread has no command line; /proc/PID/stat begins: pid (name) state parent.
		`for p in /proc/[0-9]*; do [ -n "$(tr -d '\\000' <$p/cmdline)" ] && cat $p/stat; done`,
	);
	const processes = [...output.matchAll(/^(\d+) \((.+)\) \S (\d+) /gm)].map(([, pid, name, parent]) => ({
		parent: Number(parent),
		pid: Number(pid),
		name,
	}));
	const named = (name: string) => processes.filter((each) => each.name === name);
	const shims = named('containerd-shim');
	t.is(processes.find((each) => each.pid === 1)?.name, 'init');
	t.deepEqual(
		named('containerd').map((each) => each.parent),
		[1],
	);
	t.deepEqual(
		shims.map((each) => each.parent),
		[1, 1],
	);
	const redis = named('redis-server');
	t.is(redis.length, 1);
	t.true(shims.some((shim) => shim.pid === redis[0]?.parent));
});

test('redis-os: the pages of PID 1 that a boot touches are packed', async (t) => {
	// Of containerd as well, until Debian has another version of it, which has no list.
	const { output } = await guest.shell('grep -c " /init$" /proc/1/maps');
	// A program of Node has some five mappings of its file; each run of packed pages is another one.
	const mappings = Number(output.match(/^\d+$/m)?.[0]);
	t.true(mappings > 200, output);
});

test('redis-os: ctr and runc in the getty container list redis as running', async (t) => {
	t.is((await redisTask())?.status, 'RUNNING');
	t.regex((await guest.shell('runc list')).output, /^redis\s+\d+\s+running/m);
	t.regex((await guest.shell('ctr containers ls')).output, /^redis\s/m);
});

test('redis-os: service, in the getty container, lists, stops and starts redis and shows the boot', async (t) => {
	t.regex((await guest.shell('service')).output, /^redis +running +\d+ +0 /m);
	t.regex((await guest.shell('service logs -n 50 redis')).output, /Z {2}.*Ready to accept connections/);
	t.regex((await guest.shell('service boot')).output, /Ready \d+\.\d+ s after the kernel's start/);
	// It is the small client that follows, and no process of Node.
	const follow =
		'service events -f >/tmp/events & while ! [ -s /tmp/events ]; do sleep 0.1; done; readlink /proc/$!/exe; kill $!';
	t.regex((await guest.shell(follow)).output, /^\/lib\/slipway\/client$/m);
	t.regex(
		(await guest.shell('service stop redis; service status redis; echo "code $?"')).output,
		/^code 3$/m,
	);
	t.not(await guest.redis('PING'), 'PONG');
	t.regex(
		(await guest.shell('service start redis && service wait redis --for running && echo up')).output,
		/^up$/m,
	);
	t.is(await answersPing(), 'PONG');
});

test('redis-os: service exec runs a program in the container of redis, on a terminal, in its cgroup', async (t) => {
	t.regex((await guest.shell('service exec redis -- redis-cli ping')).output, /^PONG$/m);
	// redis-cli puts quotes on a terminal only.
	t.regex((await guest.shell('service exec redis redis-cli echo hi')).output, /^"hi"$/m);
	t.regex((await guest.shell('echo "echo hi" | service exec redis redis-cli')).output, /^hi$/m);
	t.is((await guest.shell('service exec redis nope')).status, 127);
	const { output } = await guest.shell(
		'service exec -T redis redis-cli subscribe x </dev/null & while ! pidof redis-cli; do sleep 0.1; done;' +
			' for p in $(pidof redis-cli) $(pidof redis-server); do cat /proc/$p/cgroup; done; kill -9 $!',
	);
	const cgroups = [...output.matchAll(/^0::(\S+)/gm)].map(([, path]) => path);
	t.is(cgroups.length, 2, output);
	t.is(cgroups[0], cgroups[1]);
	await eventually(async () => ((await guest.shell('pidof redis-cli')).status === 0 ? null : true));
});

function openConsole(t: ExecutionContext): TypedConsole {
	const console = openTypedConsole(guest.machine);
	t.teardown(() => {
		// The next test is not to find half a line.
		if (!t.passed) console.type('\x03');
		console.close();
	});
	return console;
}

test('redis-os: Tab completes what service takes, and Ctrl-C ends a program, on the real console', async (t) => {
	await guest.shell('true');
	const console = openConsole(t);
	console.type('service sta\t\t');
	await console.shows(/stats +status\s[\s\S]*service sta$/);
	console.type('tus re\t');
	await console.shows(/tus redis $/);
	console.type('\r');
	await console.shows(/^ +state +running/m);
	console.type('echo run""ning; sleep 1000\r');
	await console.shows(/running\r\n/);
	console.type('\x03');
	await console.shows(/# $/);
	console.type('echo "code=$?"\r');
	await t.notThrowsAsync(console.shows(/code=130/));
});

/** The shell runs it in the background, once a client outside has asked for it. */
async function onceAsked(command: string): Promise<() => Promise<unknown>> {
	const asked = 'service exec -T redis redis-cli blpop asked 0 </dev/null >/dev/null';
	await guest.shell(`( (${asked}; ${command}) >/dev/null 2>&1 & )`);
	return async () => await guest.redis('LPUSH', 'asked', '1');
}

function redisEvents(state: string): number {
	return guest.machine.events.filter(
		(event) => event.event === 'service' && event.name === 'redis' && event.state === state,
	).length;
}

test('redis-os: notes of the kernel and of PID 1 leave the line whole that a person types', async (t) => {
	const ask = await onceAsked('echo "<5>a note of the kernel" >/dev/kmsg; service restart redis');
	const console = openConsole(t);
	const before = redisEvents('running');
	console.type('echo "a who');
	await console.shows(/echo "a who$/);
	await ask();
	await eventually(() => redisEvents('running') > before);
	console.type('le line"\r');
	t.is((await console.shows(/^[\s\S]*a whole line\r\n/))[0].split('\r\n')[0], 'le line"');
	// They were told elsewhere.
	t.is((await guest.shell('dmesg | grep -c "a note of the kernel"')).output, '1\n');
	t.is((await guest.shell('service logs -n 9 init | grep -qE "redis +stopped"')).status, 0);
});

test('redis-os: a failure that is told while a person types has a line of its own', async (t) => {
	const ask = await onceAsked(`kill -9 ${await runningRedis()}`);
	const console = openConsole(t);
	console.type('echo "a who');
	await console.shows(/echo "a who$/);
	await ask();
	await t.notThrowsAsync(console.shows(/^\r+\n\[ *[\d.]+\] redis +FAILED: [^\r\n]+\r+\n/));
	console.type('le line"\r');
	await t.notThrowsAsync(console.shows(/le line"\r\n[\s\S]*a whole line\r\n/));
	t.is(await answersPing(), 'PONG');
});

test('redis-os: names can be looked up, by the server that DHCP named', async (t) => {
	t.regex((await guest.shell('cat /etc/resolv.conf')).output, /^nameserver 10\.0\.2\.3$/m);
});

test('redis-os: the root is read-only and holds no shell', async (t) => {
	// A squashfs (linux/magic.h): from a tmpfs runc would start a copy of itself for each container.
	t.is((await guest.shell('stat -f -c %t /proc/1/root')).output.trim(), '73717368');
	const { output } = await guest.shell(
		'awk \'$2 == "/" {print $4}\' /proc/1/mounts; ls /proc/1/root/bin /proc/1/root/sbin /proc/1/root/usr/bin',
	);
	t.regex(output, /^ro\b/m);
	t.notRegex(output, /^(sh|bash|dash|busybox)$/m);
});

test('redis-os: a killed redis is back with a new pid', async (t) => {
	const before = await runningRedis();
	await guest.shell(`kill -9 ${before}`);
	const after = await eventually(async () => {
		const task = await redisTask();
		return task !== null && task.pid !== before && task.status === 'RUNNING' ? task.pid : null;
	});
	t.not(after, before);
	t.is(await answersPing(), 'PONG');
});

const survives = ava.macro({
	async exec(t, provoke: () => Promise<unknown>, execs: boolean) {
		const before = await runningRedis();
		const resumed = guest.machine.events.filter(isResumed).length;
		await provoke();
		if (execs)
			await eventually(async () => (guest.machine.events.filter(isResumed).length > resumed ? true : null));
		t.is(await guest.redis('PING'), 'PONG');
		t.is(await runningRedis(), before);
		t.is((await guest.shell('cat /proc/1/comm')).output.trim(), 'init');
		// Supervision goes on as well: PID 1 still reaps what dies.
		t.is((await zombies()).length, 0);
	},
	title: (name = '') => `redis-os: PID 1 goes on after ${name}, with the same redis`,
});

function isResumed(event: { readonly event: string; readonly resumed?: boolean }): boolean {
	return event.event === 'init' && event.resumed === true;
}

async function zombies(): Promise<string[]> {
	const { output } = await guest.shell('grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null');
	return output.split('\n').filter((line) => line.startsWith('/proc/'));
}

test('attack: SIGSEGV from another process', survives, () => guest.shell('kill -SEGV 1'), false);
test(
	'a write through a null pointer',
	survives,
	async () => guest.machine.command({ command: 'fault', kind: 'segv' }),
	true,
);
test('a full V8 heap', survives, async () => guest.machine.command({ command: 'fault', kind: 'heap' }), true);
test(
	'an uncaught error',
	survives,
	async () => guest.machine.command({ command: 'fault', kind: 'throw' }),
	false,
);

test('redis-os: a service killed after the crashes is still restarted', async (t) => {
	const before = await runningRedis();
	await guest.shell(`kill -9 ${before}`);
	t.not(
		await eventually(async () => ((await redisTask())?.pid === before ? null : await runningRedis())),
		before,
	);
});

test('redis-os: a hundred orphans leave no zombie', async (t) => {
	// Each subshell dies before its child, which PID 1 then inherits (the shell shares the host's pid namespace).
	const { status } = await guest.shell(
		'i=0; while [ $i -lt 100 ]; do (sleep 0.$((i % 10)) & ); i=$((i+1)); done; sleep 2',
	);
	t.is(status, 0);
	t.deepEqual(await eventually(async () => ((await zombies()).length === 0 ? [] : null)), []);
});

test('redis-os: poweroff on the console ends QEMU with exit code 0', async (t) => {
	guest.machine.type('poweroff\r');
	const exit = await guest.exited();
	t.is(exit.exitCode, 0);
	t.is(exit.shutdown, 'poweroff');
	const stopped = guest.machine.events.flatMap((event) =>
		event.event === 'service' && event.state === 'stopped' ? [event.name] : [],
	);
	t.deepEqual([...new Set(stopped)].sort(), ['getty', 'redis']);
});
