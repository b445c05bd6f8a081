// What `slipway run` puts around a system: disks that outlive a power cut, a config drive, entropy.

import { rmSync, statSync } from 'node:fs';
import ava from 'ava';
import { configDrive } from '../../tools/run/config-drive.ts';
import { prepareDisks } from '../../tools/run/disk-images.ts';
import { parseDiskRequest } from '../../tools/run/disk-option.ts';
import type { Disk } from '../../tools/run/qemu-arguments.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;
const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
    devices: [{path: all, type: c}, {path: all, type: b}]
`;

let name: string;
let disks: readonly Disk[];
let guest: Guest;

ava.before(async () => {
	name = await buildSystem('machine', yaml);
	for (const ending of ['disk.img', 'disk2.qcow2']) rmSync(`${name}-${ending}`, { force: true });
	disks = prepareDisks(['size=64M', 'size=1G,format=qcow2'].map(parseDiskRequest), name);
	guest = await boot();
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

async function boot(): Promise<Guest> {
	return await bootReadyGuest(name, { disks, data: configDrive(Buffer.from('data of the host\n')) });
}

async function told(command: string): Promise<string> {
	return (await guest.shell(command)).output.trim();
}

test('run --disk: the guest sees the disks in their order, with their sizes', async (t) => {
	t.is(await told('cat /sys/block/vda/size /sys/block/vdb/size'), '131072\n2097152');
	t.true(statSync(`${name}-disk.img`).blocks * 512 < 2 ** 20);
});

test('run --data: the last disk is a read-only file system with the data', async (t) => {
	t.is(await told('cat /sys/block/vdc/ro'), '1');
	await guest.shell('mkdir -p /tmp/data && mount -t iso9660 -o ro /dev/vdc /tmp/data');
	t.is(await told('ls -1 /tmp/data'), 'config\nmeta-data\nuser-data');
	t.is(await told('cat /tmp/data/config /tmp/data/user-data'), 'data of the host\ndata of the host');
	t.regex(await told('cat /tmp/data/meta-data'), /^instance-id: slipway-/);
	await guest.shell('umount /tmp/data');
});

test('run: the kernel has its random numbers before PID 1 runs, and virtio-rng', async (t) => {
	const atSeconds = async (pattern: string): Promise<number> =>
		Number(/\[ *([\d.]+)\]/.exec(await told(`dmesg | grep -m1 '${pattern}'`))?.[1]);
	t.true((await atSeconds('random: crng init done')) <= (await atSeconds('Run /init')));
	t.regex(await told('cat /sys/class/misc/hw_random/rng_current'), /^virtio_rng/);
});

test('run --disk: what was flushed to a disk survives a power cut', async (t) => {
	const write = 'echo precious | dd of=/dev/DISK bs=512 seek=4 conv=fsync,sync';
	for (const disk of ['vda', 'vdb']) t.is((await guest.shell(write.replace('DISK', disk))).status, 0);
	await guest.machine.stop();
	guest = await boot();
	for (const disk of ['vda', 'vdb']) {
		t.is(await told(`dd if=/dev/${disk} bs=512 skip=4 count=1 2>/dev/null | head -n 1`), 'precious');
	}
});
