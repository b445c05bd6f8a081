// Disks in the guest, which boots from a disk with a partition for data: what is blank is formatted, once, and mounted for the whole
// system; what is on it survives a power cut and a clean end; whatever anybody has put on a disk stays as it is, byte for byte.

import { createHash } from 'node:crypto';
import { mkdirSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import ava from 'ava';
import { layoutFor, sectorZero } from '../../pkg/format/layout.ts';
import { type BootMedium, describeMedium } from '../../tools/machine/boot-medium.ts';
import type { Disk } from '../../tools/machine/qemu-arguments.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { runProgram } from '../helpers/program.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;
const folder = resolve('build/test/disks');
const mebibyte = 2 ** 20;

const formats = [
	['-label', 'DATA'],
	['-type', 'xfs', '-label', 'FAST', '/dev/vde'],
	['-type', 'btrfs', '-label', 'MANY', '-device', '/dev/vdf'],
	['-type', 'vfat', '-label', 'BOOT', '-force', '/dev/vdg'],
	['/dev/vdb'],
	['-label', 'OWN', '-partition', '3', '/dev/nvme0n1'],
];
const mounts = [
	['-label', 'OWN', '/var/lib/own'],
	['/var/lib/first'],
	['-label', 'FAST', '/var/lib/fast'],
	['-options', 'noatime', '/dev/disk/by-label/MANY', '/var/lib/many'],
	['-device', '/dev/vdg', '-partition', '1', '/var/lib/boot'],
	['-label', 'DATA', '/var/lib/data'],
];
const container = (image: string, program: string, args: readonly string[], index: number): string => `
  - name: ${image}${index}
    image: slipway/${image}:v1
    command: ${JSON.stringify([program, ...args])}
    readonly: ${index === 1}`;

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
onboot:${formats.map((args, index) => container('format', '/usr/bin/format', args, index)).join('')}
${mounts.map((args, index) => container('mount', '/usr/bin/mountie', args, index)).join('')}
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
`;

/** In the guest's order: three foreign ones, and four that are to be formatted. */
const names = ['half-gpt', 'no-table', 'unknown', 'data', 'fast', 'many', 'forced'] as const;
const foreign = names.slice(0, 3);
const pathOf = (name: string): string => resolve(folder, `${name}.img`);
const hashOf = (name: string): string =>
	createHash('sha256')
		.update(readFileSync(pathOf(name)))
		.digest('hex');
const disks: Disk[] = names.map((name) => ({ path: pathOf(name), format: 'raw' }));
let before: string[];
let name: string;
let medium: BootMedium;

/** The output of an onboot container, both streams. */
async function logOf(guest: Guest, container: string): Promise<string> {
	return (await guest.shell(`cat /var/log/onboot.*-${container}.out.log /var/log/onboot.*-${container}.log`))
		.output;
}

/** In the root of the system, not in getty's. */
const inRoot = (path: string): string => `/proc/1/root${path}`;

ava.before(async () => {
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	for (const each of names) writeFileSync(pathOf(each), '');
	for (const each of ['half-gpt', 'no-table', 'unknown', 'data', 'forced'])
		truncateSync(pathOf(each), 32 * mebibyte);
	for (const each of ['fast', 'many']) truncateSync(pathOf(each), 320 * mebibyte);
	const script = `
		set -e
		export PATH=/usr/sbin:/sbin:$PATH
		printf 'label: gpt\\n,8M,L\\n' | sfdisk -q half-gpt.img
		dd if=/dev/zero of=half-gpt.img bs=512 seek=1 count=33 conv=notrunc status=none
		mke2fs -q -t ext4 -L OTHER no-table.img
		printf 'an unknown signature' | dd of=unknown.img bs=1 seek=$((20 * 1048576 + 77)) conv=notrunc status=none
		printf ',8M,L\\n,,L\\n' | sfdisk -q forced.img`;
	const made = await runProgram('sh', ['-c', script], { cwd: folder });
	if (made.exitCode !== 0) throw new Error(made.stderr);
	// A power cut during `format` has left a partition table without a file system.
	const layout = layoutFor(320 * mebibyte, 512);
	if (layout === null) throw new Error('too small');
	writeSync(openSync(pathOf('fast'), 'r+'), sectorZero(layout, null).bytes);
	before = foreign.map(hashOf);
	name = await buildSystem('disks', yaml, '--format', 'raw-bios', '--size', '256M');
	// NVMe leaves the other disks their names.
	medium = describeMedium(`${name}-bios.img`, { drive: 'nvme', keep: true });
});

test('format and mountie make blank disks usable, and what was written survives a power cut', async (t) => {
	const guest = await bootReadyGuest(name, { medium, disks });
	t.teardown(() => guest.machine.stop());
	t.regex(
		await logOf(guest, 'format0'),
		/^\/dev\/vdd is blank$[\s\S]*^Partition \/dev\/vdd1 successfully created!$/m,
	);
	t.regex(
		await logOf(guest, 'format1'),
		/^\/dev\/vde holds a format that was not finished$[\s\S]*Partition \/dev\/vde1 successfully created!/m,
	);
	t.regex(await logOf(guest, 'format2'), /Partition \/dev\/vdf1 successfully created!/);
	t.regex(await logOf(guest, 'format3'), /held a DOS partition table with 2 partitions; -force gives it up/);
	t.regex(
		await logOf(guest, 'format4'),
		/\/dev\/vdb holds ext4 with the label "OTHER" already: nothing to do/,
	);
	t.regex(await logOf(guest, 'format5'), /Partition \/dev\/nvme0n1p3 successfully created!/);
	const mounted = (await guest.shell(`cat ${inRoot('/proc/1/mounts')}`)).output;
	t.regex(mounted, /^\/dev\/dm-0 \/ squashfs ro/m);
	t.regex(mounted, /^\/dev\/nvme0n1p3 \/var\/lib\/own ext4 rw,/m);
	t.regex(mounted, /^\/dev\/vdd1 \/var\/lib\/first ext4 rw,/m);
	t.regex(mounted, /^\/dev\/vdd1 \/var\/lib\/data ext4 rw,/m);
	t.regex(mounted, /^\/dev\/vde1 \/var\/lib\/fast xfs rw,/m);
	t.regex(mounted, /^\/dev\/vdf1 \/var\/lib\/many btrfs rw,noatime/m);
	t.regex(mounted, /^\/dev\/vdg1 \/var\/lib\/boot vfat rw,/m);
	t.is((await guest.shell('readlink /dev/disk/by-label/DATA')).output.trim(), '../../vdd1');
	for (const place of ['data', 'fast', 'many', 'own']) {
		t.is((await guest.shell(`echo kept > ${inRoot(`/var/lib/${place}/file`)}`)).status, 0, place);
	}
	t.is((await guest.shell('sync')).status, 0);
	await guest.machine.stop();
	t.deepEqual(foreign.map(hashOf), before, 'foreign disks are untouched');
});

test('at the second boot nothing is formatted again, and a clean end leaves clean file systems', async (t) => {
	const guest = await bootReadyGuest(name, { medium, disks });
	t.teardown(() => guest.machine.stop());
	t.regex(
		await logOf(guest, 'format0'),
		/\/dev\/vdd1 holds ext4 with the label "DATA" already: nothing to do/,
	);
	t.regex(
		await logOf(guest, 'format1'),
		/\/dev\/vde1 holds xfs with the label "FAST" already: nothing to do/,
	);
	t.regex(
		await logOf(guest, 'format2'),
		/\/dev\/vdf1 holds btrfs with the label "MANY" already: nothing to do/,
	);
	t.regex(
		await logOf(guest, 'format5'),
		/\/dev\/nvme0n1p3 holds ext4 with the label "OWN" already: nothing to do/,
	);
	for (const place of ['data', 'fast', 'many', 'own']) {
		t.is((await guest.shell(`cat ${inRoot(`/var/lib/${place}/file`)}`)).output, 'kept\n', place);
	}
	t.is((await guest.shell(`echo last > ${inRoot('/var/lib/data/last')}`)).status, 0);
	t.like(await guest.machine.powerOff(120_000), { exitCode: 0, shutdown: 'poweroff' });
	t.deepEqual(foreign.map(hashOf), before, 'foreign disks are untouched');

	const partition = resolve(folder, 'data-partition.img');
	const cut = await runProgram('dd', [`if=${pathOf('data')}`, `of=${partition}`, 'bs=1M', 'skip=1']);
	t.is(cut.exitCode, 0);
	const state = await runProgram('/sbin/dumpe2fs', ['-h', partition]);
	t.regex(state.stdout, /Filesystem state:\s+clean$/m);
	t.notRegex(state.stdout, /needs_recovery/);
	t.is((await runProgram('/sbin/e2fsck', ['-fn', partition])).exitCode, 0);
	t.is((await runProgram('/sbin/debugfs', ['-R', 'cat /last', partition])).stdout, 'last\n');
});
