// Attack: a service without capabilities, held to a tenth of a processor, 220 processes and 64 MB, makes the kernel
// request modules that nobody has, as fast as it can.

import { resolve } from 'node:path';
import ava from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { compileStatic } from '../helpers/static-tool.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;
let guest: Guest;
let console = '';

const tool = resolve('build/test/module-storm');
/** getty's and the attacker's containers have the system's /etc there. */
const guestTool = '/hostroot/etc/module-storm';

const yaml = `
kernel:
  image: slipway/kernel:v1
  # The console is a shell's: no words of the kernel in its lines but the last ones.
  cmdline: console=ttyS0 loglevel=1
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
onboot:
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
  - name: redis
    image: slipway/redis:v1
    net: host
    ready: {tcp: 6379}
  - name: storm
    image: slipway/getty:v1
    command: [${guestTool}, "200"]
    binds: ["/etc:/hostroot/etc"]
    capabilities: []
    after: [redis]
    resources: {cpu: {quota: 10000, period: 100000}, pids: {limit: 220}, memory: {limit: 67108864}}
files:
  - path: etc/module-storm
    source: ${tool}
    mode: "0755"
`;

ava.before(async () => {
	await compileStatic('test/vm/fixtures/module-storm.cc', 'module-storm');
	const trace = 'trace_event=sched:sched_process_exec trace_buf_size=8M';
	guest = await bootReadyGuest(await buildSystem('module-storm', yaml), { append: trace });
	guest.machine.emitter.on('console', (bytes: Buffer) => (console += bytes.toString('latin1')));
	await guest.shell('mkdir -p /tmp/trace && mount -t tracefs trace /tmp/trace');
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

async function said(command: string): Promise<string> {
	return (await guest.shell(command)).output.trim();
}

/** How often the kernel has executed a program since the boot. */
async function starts(program: string): Promise<number> {
	return Number(await said(`grep -c 'filename=${program} ' /tmp/trace/trace`));
}

test('attack: service list answers while a container makes the kernel request modules', async (t) => {
	t.true(await eventually(async () => (await said('service logs storm')).includes('200 processes')));
	const before = await starts('/lib/slipway/module-helper');
	// One list is much quicker than fifty requests, which the limits of the helper slow down.
	let requests = 0;
	for (let turn = 0; turn < 3 || requests <= 50; turn += 1) {
		const startMs = performance.now();
		const { output, status } = await guest.shell('service list');
		const durationMs = performance.now() - startMs;
		t.log(`service list: ${(durationMs / 1000).toFixed(1)} s`);
		t.is(status, 0, output);
		t.regex(output, /^redis +ready/m);
		t.regex(output, /^storm +running/m);
		requests = (await starts('/lib/slipway/module-helper')) - before;
	}
	t.log(`${requests} requests meanwhile`);
	t.is(await guest.redis('ping'), 'PONG');
});

test('neither the boot nor the attack starts Node for a module that does not exist', async (t) => {
	t.is(await starts('/lib/slipway/modprobe'), 0);
	t.is(await said('stat -c %s /run/slipway/module-requests'), '65664');
});

test('a module that exists is loaded on demand, also during the attack', async (t) => {
	t.is(await said('grep -c ^nfnetlink /proc/modules'), '0');
	// NETLINK_NETFILTER.
	t.like(await guest.shell(`${guestTool} open 16 12`), { output: '', status: 0 });
	t.is(await said('grep -c "^nfnetlink " /proc/modules'), '1');
	t.is(await starts('/lib/slipway/modprobe'), 1);
});

test('the power-off during the attack is clean, and not by the deadline', async (t) => {
	t.like(await guest.machine.powerOff(120_000), { exitCode: 0, shutdown: 'poweroff' });
	t.regex(console, /poweroff: now/);
	t.notRegex(console, /takes longer than all its limits together/);
});
