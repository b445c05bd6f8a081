// The example of volumes, booted and used from outside, beside services that take all they can get under the limits of a second file.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { pressPowerButton } from '../../tools/machine/qemu-monitor.ts';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { scratchFolder } from '../helpers/scratch-folder.ts';
import { compileStatic } from '../helpers/static-tool.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;
let guest: Guest;

const limits = { processes: 60, memoryMebibytes: 48 };

/** A service that names no limits, and takes all it can get when it is told to. */
const greedyService = (name: string, how: string): string => `
  - name: ${name}
    image: slipway/getty:v1
    command: ${JSON.stringify(['/bin/sh', '-c', `trap '${how}' USR1; echo waits; while :; do sleep 1; done`])}
    binds: ["/etc:/hostroot/etc:ro"]
    capabilities: []
    pid: new
    net: none
    stop: { signal: SIGKILL }`;

const greedySystem = (tool: string): string => `
defaults:
  resources:
    pids: { limit: ${limits.processes} }
    memory: { limit: ${limits.memoryMebibytes * 2 ** 20} }
    cpu: { shares: 512 }
services:${greedyService('forks', 'exec /hostroot/etc/attack forks')}${greedyService('allocates', 'exec tail /dev/zero')}${greedyService(
	'spins',
	'while :; do :; done & while :; do :; done',
)}
files:
  - { path: etc/attack, source: ${tool}, mode: "0755" }
`;

ava.before(async () => {
	const defaults = join(scratchFolder(), 'defaults.yml');
	writeFileSync(defaults, greedySystem(await compileStatic('test/vm/fixtures/attack.cc', 'attack')));
	const example = readFileSync('examples/volumes.yml', 'utf8');
	guest = await bootReadyGuest(await buildSystem('volumes', example, defaults));
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

test('volumes: getty was started when Redis was ready, which is asked for its health', async (t) => {
	const { events } = guest.machine;
	const at = (name: string, state: string): number =>
		events.find((event) => event.event === 'service' && event.name === name && event.state === state)?.at ??
		-1;
	t.true(at('redis', 'ready') > at('redis', 'running'));
	t.true(at('getty', 'starting') >= at('redis', 'ready'));
	t.regex((await guest.shell('service status redis')).output, /state +ready, for/);
});

test('volumes: Redis has the configuration that an onboot container wrote', async (t) => {
	const maximum = await eventually(async () => {
		const answer = await guest.redis('CONFIG', 'GET', 'maxmemory');
		return answer.includes('maxmemory') ? answer : null;
	});
	t.regex(maximum, /67108864/);
});

test('volumes: one is bound for reading, another for writing', async (t) => {
	t.regex(await guest.redis('CONFIG', 'REWRITE'), /Read-only file system/);
	t.is(await guest.redis('SET', 'kept', 'yes'), 'OK');
	t.is(await guest.redis('SAVE'), 'OK');
});

test('volumes: one that is filled from an image shows its files and takes no others', async (t) => {
	t.regex((await guest.shell('ls /programs/bin/sh')).output, /\/programs\/bin\/sh/);
	t.regex((await guest.shell('touch /programs/new')).output, /Read-only file system/);
});

test('volumes: an image is there as an OCI layout', async (t) => {
	const { output } = await guest.shell('cat /images/index.json');
	t.regex(output, /docker\.io\/slipway\/sysctl:v1/);
	const digest = /"digest":"sha256:([0-9a-f]{64})"/.exec(output)?.[1];
	t.regex(
		(await guest.shell(`sha256sum /images/blobs/sha256/${digest}`)).output,
		new RegExp(`^${digest}`, 'm'),
	);
});

test('defaults: services that fork, allocate and spin without end, all at once, leave the others what they need', async (t) => {
	const { output: files } = await guest.shell(
		'cd /sys/fs/cgroup && find . -path "*/redis/*" \\( -name pids.max -o -name memory.max -o -name cpu.weight \\) -exec grep -H . {} +',
	);
	t.regex(files, new RegExp(`pids.max:${limits.processes}$`, 'm'));
	t.regex(files, new RegExp(`memory.max:${limits.memoryMebibytes * 2 ** 20}$`, 'm'));
	t.regex(files, /cpu.weight:20$/m);
	// All at once, and Redis has to answer while each of them takes what it can get.
	const names = ['forks', 'spins', 'allocates'];
	const wait = names.map((name) => `until grep -q waits /var/log/${name}.log; do sleep 0.2; done`);
	const begin = names.map((name) => `service reload --signal SIGUSR1 ${name}`);
	t.is((await guest.shell(`${wait.join('; ')}; ${begin.join(' && ')}`)).status, 0);
	const of = (state: string) => (event: GuestEventLine) =>
		event.event === 'service' && event.name === 'allocates' && event.state === state;
	let isOver = false;
	const answering = (async () => {
		let asked = 0;
		for (; !isOver; asked++) t.is(await guest.redis('SET', 'beside', String(asked)), 'OK');
		return asked;
	})();
	const killed = await guest.event(of('backoff'));
	t.true(killed.msg.includes(`out of memory (its limit is ${limits.memoryMebibytes} MiB)`), killed.msg);
	await guest.event((event) => of('running')(event) && event.at > killed.at);
	const [refused] = await eventually(async () =>
		/\d+ processes, then: .*/.exec((await guest.shell('cat /var/log/forks.log')).output),
	);
	t.is(refused, `${limits.processes - 1} processes, then: Resource temporarily unavailable`);
	isOver = true;
	const asked = await answering;
	t.is(await guest.redis('GET', 'beside'), String(asked - 1));
	const { output: now } = await guest.shell(
		'service list --json; grep oom_kill /proc/vmstat; cd /sys/fs/cgroup; cat $(find . -path "*/forks/pids.current" -o -path "*/spins/pids.current")',
	);
	const restarts = [...now.matchAll(/"name":"(\w+)".*?"restarts":(\d+)/g)].map(([, name, count]) => {
		return [name, Number(count)];
	});
	t.deepEqual(Object.fromEntries(restarts), { allocates: 1, forks: 0, getty: 0, redis: 0, spins: 0 });
	t.regex(now, /^oom_kill 1$/m, 'no other process was killed');
	t.deepEqual(now.match(/^\d+$/gm)?.toSorted(), ['2', `${limits.processes}`], 'both go on');
	t.is((await guest.shell('service stop forks allocates spins')).status, 0);
});

test('volumes: the power button ends the system cleanly', async (t) => {
	await guest.shell('until grep -q ^evdev /proc/modules; do sleep 0.2; done; sleep 1');
	await pressPowerButton(guest.machine.monitor);
	t.like(await guest.exited(), { exitCode: 0, shutdown: 'poweroff' });
	t.regex(guest.machine.lastLines(), /shutdown +poweroff by the power button/);
	t.regex(guest.machine.lastLines(), /poweroff: now/);
});
