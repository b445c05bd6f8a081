// The packages whose program is an applet of PID 1's executable, in the system of examples/swap.yml and a few more
// containers, used from outside.

import { readFileSync, rmSync } from 'node:fs';
import ava from 'ava';
import { prepareDisks } from '../../tools/machine/disk-images.ts';
import { parseDiskRequest } from '../../tools/machine/disk-option.ts';
import type { Disk } from '../../tools/machine/qemu-arguments.ts';
import { bootGuest, type Guest } from '../helpers/guest.ts';
import { runProgram } from '../helpers/program.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;
let guest: Guest;
let disks: readonly Disk[];

/** Binds and namespaces of the YAML hide no applet; an ordinary user may call it too. */
const onboot = `
  - name: secret-swap
    image: slipway/swap:v1
    command: ["/swap.sh", "--path", "/var/external/secret", "--size", "64M", "--encrypt"]
  - name: own-sysctl
    image: slipway/sysctl:v1
    binds: ["/etc/sysctl.d/90-own.conf:/etc/sysctl.d/00-slipway.conf"]
  - name: nobody
    image: slipway/sysctl:v1
    uid: 65534
    gid: 65534
    capabilities: []
  - name: mapped
    image: slipway/sysfs:v1
    readonly: true
    userns: new
    uidMappings: [{containerID: 0, hostID: 100000, size: 65536}]
    gidMappings: [{containerID: 0, hostID: 100000, size: 65536}]
  - name: sysfs
    image: slipway/sysfs:v1
    binds: ["/etc/sysfs.d:/etc/sysfs.d"]
  - name: modprobe
    image: slipway/modprobe:v1
    command: ["modprobe", "-a", "wireguard", "dm-crypt"]
  - name: seed
    image: slipway/rngd:v1
    command: ["/sbin/rngd", "-1"]
  - name: alone
    image: slipway/poweroff:v1
    pid: new
services:
  - name: gate
    image: slipway/rngd:v1
    # The image has no folder for it.
    readonly: false
    binds: ["/run:/run"]
    ready: { file: /run/open }
  - name: poweroff
    image: slipway/poweroff:v1
    command: ["/bin/sh", "/poweroff.sh", "1"]
    after: [gate]
`;

const files = `
files:
  - path: etc/sysctl.d/90-own.conf
    contents: |
      net.ipv4.ip_forward = 1
      kernel/panic = 17
      vm.no_such = 1
  - path: etc/sysfs.d/own.conf
    contents: |
      block/vda/queue/read_ahead_kb = 64
      -no/such/file = 1
`;

ava.before(async () => {
	const example = readFileSync('examples/swap.yml', 'utf8');
	const name = await buildSystem('applets', example.replace('services:\n', onboot.slice(1)) + files);
	rmSync(`${name}-disk.img`, { force: true });
	disks = prepareDisks([parseDiskRequest('size=512M')], name);
	guest = await bootGuest(name, { disks });
	await guest.event(
		(event) => event.event === 'service' && event.name === 'getty' && event.state === 'running',
	);
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

async function outputOf(command: string): Promise<string> {
	return (await guest.shell(command)).output.trim();
}

test('applets: the onboot containers did their work, in their order, and one says why it could not', async (t) => {
	const ends = guest.machine.events.flatMap((event) =>
		event.event === 'onboot' && event.state !== 'started' ? [`${event.name} ${event.state}`] : [],
	);
	t.deepEqual(ends, [
		'000-sysctl done',
		'001-format done',
		'002-mount done',
		'003-swap done',
		'004-secret-swap done',
		'005-own-sysctl done',
		'006-nobody done',
		'007-mapped done',
		'008-sysfs done',
		'009-modprobe done',
		'010-seed done',
		'011-alone failed',
	]);
	t.regex(await outputOf('cat /run/log/onboot.011-alone*'), /Give it `pid: host`/);
	t.log(
		guest.machine.events
			.flatMap((event) =>
				event.event === 'onboot' && event.durationMs !== undefined
					? [`${event.name} ${event.durationMs}`]
					: [],
			)
			.join(', '),
	);
});

test('applets: sysctl has set its own parameters, and those of a file of the YAML over them', async (t) => {
	const names = ['net/ipv4/ip_forward', 'kernel/panic', 'kernel/dmesg_restrict', 'net/core/somaxconn'];
	t.is(await outputOf(`cd /proc/sys && cat ${names.join(' ')}`), '1\n17\n1\n1024');
	t.is(
		await outputOf('cat /run/log/onboot.*own-sysctl*'),
		'sysctl: /etc/sysctl.d/00-slipway.conf:3: vm.no_such is not set to "1": this system has no /proc/sys/vm/no_such',
	);
});

test('applets: an ordinary user gets an error for each parameter that it may not set', async (t) => {
	t.regex(
		await outputOf('cat /run/log/onboot.*nobody*'),
		/kernel\.panic is not set to "10": EACCES: permission denied/,
	);
});

test('applets: sysfs has written to a file of /sys', async (t) => {
	t.is(await outputOf('cat /sys/block/vda/queue/read_ahead_kb'), '64');
});

test('applets: modprobe has loaded modules with what they need', async (t) => {
	const loaded = await outputOf("cut -d' ' -f1 /proc/modules");
	for (const name of ['wireguard', 'udp_tunnel', 'dm_crypt', 'dm_mod'])
		t.regex(loaded, new RegExp(`^${name}$`, 'm'));
});

test('applets: rngd has seeded the kernel from virtio’s generator, and stays in a few pages', async (t) => {
	const seeded = /^seeded the kernel's pool with 64 bytes of virtio_rng/m;
	t.regex(await outputOf('cat /run/log/onboot.*seed*'), seeded);
	t.regex(await outputOf('service logs rngd'), /seeded the kernel's pool with 64 bytes of virtio_rng/);
	const status = await outputOf("cat /proc/$(pidof rngd | cut -d' ' -f1)/status");
	t.regex(status, /^Name:\trngd$/m);
	t.true(Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) < 64, status);
});

test('applets: there is swap on the disk', async (t) => {
	t.regex(await outputOf('cat /proc/swaps'), /\/swap\s+file\s+2621\d\d\s/);
	t.is(await outputOf('stat -c %a /proc/1/root/var/external/swap'), '600');
});

/** 6 MiB of one line: in a disk's image it would be found. */
const secret = 'the-secret-of-this-test';

test('applets: swap --encrypt swaps out and in, and by a device of the mapper', async (t) => {
	t.regex(await outputOf('cat /proc/swaps'), /\/dm-0\s+partition\s+6552\d\s/);
	const steps = [
		'cd /proc/1/root/sys/fs/cgroup && mkdir secret && swapoff /proc/1/root/var/external/swap',
		`(echo 0 > secret/cgroup.procs; yes ${secret} | head -c 6291456 > /tmp/secret)`,
		// It reports the part that it can not get, and has the rest.
		'echo 6M > secret/memory.reclaim 2>/dev/null',
		`awk '/dm-0/ { print "swapped", ($4 >= 2048) }' /proc/swaps`,
		`yes ${secret} | head -c 6291456 | cmp - /tmp/secret && echo same`,
	];
	const output = await outputOf(`(${steps.join('; ')})`);
	t.is(output, 'swapped 1\nsame');
});

test('applets: nodes of modules that no device asks for are there, and load them', async (t) => {
	const nodes = 'loop-control mapper/control net/tun fuse';
	t.is(
		await outputOf(`cd /proc/1/root/dev && for node in ${nodes}; do stat -c %a $node; done`),
		'600\n600\n666\n666',
	);
	t.is(await outputOf(': < /proc/1/root/dev/net/tun; grep -c ^tun /proc/modules'), '1');
});

test('applets: poweroff ends the system when it is time, and leaves the disk clean', async (t) => {
	await guest.shell('touch /run/open');
	t.like(await guest.exited(), { exitCode: 0, shutdown: 'poweroff' });
	// rngd waits for the signal in sigwait(3).
	t.notRegex(guest.machine.lastLines(), /did not end|still/);
	const [disk] = disks;
	const found = await runProgram('grep', ['--text', '--count', secret, disk?.path ?? '']);
	t.is(found.stdout.trim(), '0', 'what was swapped out is not on the disk in clear');
	const state = await runProgram('dumpe2fs', ['-h', `${disk?.path}?offset=1048576`]);
	t.regex(state.stdout, /Filesystem state:\s+clean$/m, state.stderr);
	t.notRegex(state.stdout, /needs_recovery/);
});
