// Tests the machine that `slipway run` makes for a system: disks that outlive a power cut, a config drive, entropy, an address on the
// kernel's command line. The system is the example that reads a config drive.

import { readFileSync, rmSync, statSync } from 'node:fs';
import ava from 'ava';
import { styled } from '../../native/text/colour.ts';
import { configDrive } from '../../tools/machine/config-drive.ts';
import { prepareDisks } from '../../tools/machine/disk-images.ts';
import { parseDiskRequest } from '../../tools/machine/disk-option.ts';
import type { Disk } from '../../tools/machine/qemu-arguments.ts';
import { eventually } from '../helpers/eventually.ts';
import { bootGuest, bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { parsePrometheus } from '../helpers/prometheus.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;
/** The shell of the tests looks at the disks too. */
const yaml = readFileSync('examples/metadata.yml', 'utf8')
	.replace(
		'      - INSECURE=true\n',
		'      - INSECURE=true\n    devices: [{path: all, type: c}, {path: all, type: b}]\n',
	)
	.replace(
		'services:\n',
		`  - name: network
    image: slipway/network:v1
    command: [/usr/bin/network, -metadata]
    binds: ["/run:/run"]
services:
  - name: metrics
    image: slipway/metrics:v1
`,
	);
const links = `version: 2
ethernets: {card: {match: {driver: virtio_net}, mtu: 1400, wakeonlan: false}}
bridges: {br9: {addresses: [198.51.100.5/24]}}
`;
const tree = JSON.stringify({
	hostname: { content: 'cache-7\n' },
	'network-config': { content: links },
	redis: { entries: { 'size.conf': { content: 'maxmemory 64mb\n', perm: '0600' } } },
});

const metricsPort = 9101;

let name: string;
let disks: readonly Disk[];
let guest: Guest;

ava.before(async () => {
	name = await buildSystem('machine', yaml);
	for (const ending of ['disk.img', 'disk2.qcow2']) rmSync(`${name}-${ending}`, { force: true });
	disks = prepareDisks(['size=64M', 'size=1G,format=qcow2'].map(parseDiskRequest), name);
	guest = await bootReadyGuest(name, {
		disks,
		data: configDrive(Buffer.from(tree)),
		publish: [metricsPort],
		append: 'ip=10.0.2.15::10.0.2.2:255.255.255.0:by-ip:eth0:off:10.0.2.3:192.0.2.53',
	});
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

async function outputOf(command: string): Promise<string> {
	return (await guest.shell(command)).output.trim();
}

function stage(wanted: string): string | undefined {
	return guest.machine.events.find((line) => line.event === 'stage' && line.stage === wanted)?.msg;
}

test('run --disk: the guest sees the disks in their order, with their sizes', async (t) => {
	t.is(await outputOf('cat /sys/block/vda/size /sys/block/vdb/size'), '131072\n2097152');
	t.true(statSync(`${name}-disk.img`).blocks * 512 < 2 ** 20);
});

test('metrics: Prometheus reads from the network what the services use, and service metrics prints the same names', async (t) => {
	const counted = ['memory_bytes', 'cpu_seconds_total', 'log_lines_total'].map(
		(metric) => `slipway_service_${metric}`,
	);
	// A service may be ready before its first line has come and its first tick was counted.
	const samples = await eventually(async () => {
		const response = await fetch(`http://127.0.0.1:${guest.port(metricsPort)}/metrics`);
		const all = parsePrometheus(await response.text());
		const of = (metric: string) =>
			all.find(({ name, labels }) => name === metric && labels['service'] === 'redis')?.value ?? 0;
		t.is(of('slipway_service_ready'), 1);
		return counted.every((metric) => of(metric) > 0) && all;
	});
	t.true((samples.find(({ name }) => name === 'slipway_boot_ready_seconds')?.value ?? 0) > 0);
	const printed = parsePrometheus(await outputOf('service metrics'));
	const names = (all: typeof samples) => [...new Set(all.map((each) => each.name))];
	t.deepEqual(names(printed), names(samples));
	// Its server may do nothing but that.
	const pid = await outputOf('service status --json metrics | sed "s/.*\\"pid\\":\\([0-9]*\\).*/\\1/"');
	t.regex(await outputOf(`cat /proc/${pid}/status`), /^Uid:\t65534\t[\s\S]*^CapBnd:\t0+$/m);
});

test('service top and stats show the services, coloured and whole on a console that does not know its size', async (t) => {
	t.regex(await outputOf('service stats | cat'), /^redis +running +\d+\.\d +\d+\.\d MiB +\d+ +0 +\d+ +\d+$/m);
	const screen = await outputOf('unset NO_COLOR; timeout 4 service top');
	t.true(
		screen.includes('services ready') && screen.includes(`\nredis    ${styled('running', 'good')}`),
		screen,
	);
	t.true((await outputOf('service; export NO_COLOR=1')).includes(`\nredis    ${styled('running', 'good')}`));
});

test('a small machine gives huge pages on request only, and reserves little memory', async (t) => {
	t.regex(await outputOf('cat /sys/kernel/mm/transparent_hugepage/enabled'), /\[madvise\]/);
	t.true(Number(await outputOf('cat /proc/sys/vm/min_free_kbytes')) < 4096);
	t.is(await outputOf("sed -n 's/^AnonHugePages: *//p' /proc/1/smaps_rollup"), '0 kB');
	t.regex(stage('memory') ?? '', /^huge pages on request only, 3\d\d\d kB in reserve/);
});

test('PID 1 gives up the pages of its program that only the boot needed', async (t) => {
	const mapped = "sed -n 's/^RssFile:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/1/status";
	t.true(await eventually(async () => Number(await outputOf(mapped)) < 30_000));
	t.log(await outputOf('grep ^Rss /proc/1/status; service pid1'));
});

test('run --data: the last disk is a read-only file system with the data', async (t) => {
	t.is(await outputOf('cat /sys/block/vdc/ro'), '1');
	await guest.shell('mkdir -p /tmp/data && mount -t iso9660 -o ro /dev/vdc /tmp/data');
	t.is(await outputOf('ls -1 /tmp/data'), 'config\nmeta-data\nuser-data');
	t.is(await outputOf('cmp /tmp/data/config /tmp/data/user-data && cat /tmp/data/config'), tree);
	t.regex(await outputOf('cat /tmp/data/meta-data'), /^instance-id: slipway-/);
	await guest.shell('umount /tmp/data');
});

test('run: the kernel has its random numbers before PID 1 runs, and virtio-rng', async (t) => {
	const atSeconds = async (pattern: string): Promise<number> =>
		Number(/\[ *([\d.]+)\]/.exec(await outputOf(`dmesg | grep -m1 '${pattern}' | sed 's/^/dmesg: /'`))?.[1]);
	t.true((await atSeconds('random: crng init done')) <= (await atSeconds('Run /init')));
	t.regex(await outputOf('cat /sys/class/misc/hw_random/rng_current'), /^virtio_rng/);
});

test('the kernel has the initcall that its command line leaves out', async (t) => {
	const [, name] = /\binitcall_blacklist=(\S+)/.exec(await outputOf('cat /proc/cmdline')) ?? [];
	t.is(await outputOf(`grep -c ' ${name}$' /proc/kallsyms`), '1');
});

test('metadata: the data becomes the hostname and files, which a service reads', async (t) => {
	t.is(await outputOf('hostname; cat /run/config/provider'), 'cache-7\nCDROM /dev/vdc');
	t.is(await outputOf('stat -c %a /run/config/redis/size.conf; cat /run/config/userdata'), `600\n${tree}`);
	t.is(await outputOf('grep -c iso9660 /proc/1/mounts'), '0');
	t.regex(await eventually(async () => await answer('CONFIG', 'GET', 'maxmemory')), /67108864/);
});

test('network -metadata: the links are those of the metadata, beside ip=', async (t) => {
	t.regex(await outputOf('ip -o addr show br9'), /br9 +inet 198\.51\.100\.5\/24 /);
	t.is(await outputOf('cat /sys/class/net/eth0/mtu'), '1400');
	t.regex(await outputOf('service logs network'), /wakeonlan: this key is not known here/);
});

/** Redis may not listen yet. */
async function answer(...words: readonly string[]): Promise<string | null> {
	const text = await guest.redis(...words);
	return /refused|reset|closed/i.test(text) ? null : text;
}

test('ip=: the address is set by PID 1, and dhcpcd leaves it alone', async (t) => {
	t.is(stage('network'), 'eth0 10.0.2.15/24');
	t.is(stage('hostname'), 'by-ip');
	t.is(await outputOf('cat /etc/resolv.conf'), 'nameserver 10.0.2.3\nnameserver 192.0.2.53');
	t.regex(await outputOf('ip route'), /^default via 10\.0\.2\.2 dev eth0/m);
	t.regex(
		await outputOf('cat /var/log/onboot.001-dhcpcd.out.log'),
		/nothing to do: ip= or the package network gives addresses to eth0$/m,
	);
	t.is(await answer('PING'), 'PONG');
});

test('run --disk: what was flushed to a disk survives a power cut', async (t) => {
	const write = 'echo precious | dd of=/dev/DISK bs=512 seek=4 conv=fsync,sync';
	for (const disk of ['vda', 'vdb']) t.is((await guest.shell(write.replace('DISK', disk))).status, 0);
	await guest.machine.stop();
	const evil = { '../evil': { content: 'x' }, fine: { content: 'y\n' } };
	guest = await bootReadyGuest(name, { disks, data: configDrive(Buffer.from(JSON.stringify(evil))) });
	for (const disk of ['vda', 'vdb']) {
		t.is(await outputOf(`dd if=/dev/${disk} bs=512 skip=4 count=1 2>/dev/null | head -n 1`), 'precious');
	}
});

test('metadata: data that would leave /run/config is reported, and the rest is used', async (t) => {
	const failed = guest.machine.events.find((line) => line.event === 'onboot' && line.state === 'failed');
	t.like(failed, { name: '000-metadata' });
	t.regex(
		await outputOf('cat /var/log/onboot.000-metadata.log'),
		/^metadata: \.\.\/evil: it is no name of a file/,
	);
	t.is(await outputOf('cat /run/config/fine; ls /proc/1/root/run | grep -c evil'), 'y\n0');
	// Without ip= the address comes by DHCP.
	t.regex(stage('network') ?? '', /no ip= on the command line/);
	t.regex(await outputOf('cat /etc/resolv.conf'), /^nameserver 10\.0\.2\.3$/m);
});

test('an initramfs that did not fit is reported in words', async (t) => {
	await guest.machine.stop();
	const unpacked = await buildSystem('machine-unpacked', yaml, '--root', 'unpacked');
	guest = await bootGuest(unpacked, { memoryMegabytes: 520, append: 'rootfstype=tmpfs' });
	const failed = await guest.event((line) => line.event === 'stage' && line.state === 'failed');
	t.like(failed, { stage: 'root' });
	t.regex(failed.msg, /^the initramfs was not unpacked whole: the machine has too little memory \(\d+ MB\)/);
});
