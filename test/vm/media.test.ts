// Every format for a machine, booted as its users have it, to the answer of Redis: SeaBIOS and OVMF read the medium, and the
// boot loader, the kernel and PID 1 follow. The system is the least with a service that a client reaches. A disk has the root in a
// partition, so that its machine has little memory.
// Runs alone: it boots two machines side by side.

import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import { describeMedium, type MediumChoice } from '../../tools/machine/boot-medium.ts';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest, type GuestOptions } from '../helpers/guest.ts';
import { buildSystem, slipway } from '../helpers/system.ts';

const yaml = `kernel:
  image: slipway/kernel:v1
  cmdline: "console=ttyS0"
init:
  - slipway/init:v1
  - slipway/runc:v1
  - slipway/containerd:v1
onboot:
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
services:
  - name: redis
    image: slipway/redis:v1
    capabilities: [CAP_NET_BIND_SERVICE, CAP_CHOWN, CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE]
    net: host
`;

/** A machine of a disk format needs no more (docs/outputs.md). */
const diskMegabytes = 192;
/** Of a machine whose root is in its memory. */
const memoryMegabytes = 512;
/** For all of a lane. */
const limitMs = 1_800_000;

/** `any` has the drivers of all disks, `cloud` those of the clouds; `other` is for formats with the file names of formats of `cloud`. */
type System = 'cloud' | 'other' | 'any' | 'iso9660' | 'erofs' | 'archive';
const builds: Readonly<Record<System, readonly [formats: string, kernel?: string]>> = {
	cloud: ['uki,iso,iso-efi,iso-efi-initrd,qcow2-bios,qcow2-efi,aws,vhd,gcp,tar-kernel-initrd'],
	other: ['iso-bios,dynamic-vhd'],
	any: ['raw-bios,raw-efi,vmdk', 'slipway/kernel-generic:v1'],
	iso9660: ['kernel+iso'],
	erofs: ['kernel+erofs'],
	// Made of the files of tar-kernel-initrd.
	archive: ['kernel+initrd'],
};
const nameOf = (system: System): string => resolve('build/test', `media-${system}`);

ava.before(async () => {
	for (const [system, [formats, kernel = 'slipway/kernel:v1']] of Object.entries(builds)) {
		if (system === 'archive') continue;
		await buildSystem(`media-${system}`, yaml.replace('slipway/kernel:v1', kernel), '--format', formats);
	}
	const cloud = nameOf('cloud');
	execFileSync('tar', ['-xzf', `${cloud}.img.tar.gz`, '-C', dirname(cloud)]);
	renameSync(join(dirname(cloud), 'disk.raw'), `${cloud}-gcp.raw`);
	for (const file of ['kernel', 'initrd.img', 'cmdline'])
		execFileSync('sh', [
			'-c',
			'tar -xOf "$0" "$1" > "$2"',
			`${cloud}-initrd.tar`,
			file,
			`${nameOf('archive')}-${file}`,
		]);
});

/** Each lane is a row of boots, one after the other. */
const lanes: [Promise<unknown>, Promise<unknown>] = [Promise.resolve(), Promise.resolve()];

async function inLane<T>(lane: 0 | 1, work: () => Promise<T>): Promise<T> {
	const result = lanes[lane].then(work);
	lanes[lane] = result.catch(() => undefined);
	return await result;
}

/** Boots to the answer of Redis, and powers off. `look` sees the machine before. */
async function bootToAnswer(
	t: ExecutionContext,
	name: string,
	options: GuestOptions,
	look: (guest: Guest) => void = () => undefined,
): Promise<void> {
	const guest = await bootReadyGuest(name, options);
	try {
		look(guest);
		const answer = await eventually(async () => ((await guest.redis('PING')) === 'PONG' ? 'PONG' : null));
		t.is(answer, 'PONG');
		t.like(await guest.machine.powerOff(60_000), { exitCode: 0, shutdown: 'poweroff' });
	} finally {
		await guest.machine.stop();
	}
}

const roots = [
	['kernel+iso', 'iso9660', 'iso9660 on /dev/vda, read on demand', diskMegabytes],
	['kernel+erofs', 'erofs', 'erofs on /dev/dm-0, read on demand', diskMegabytes],
	['what is in tar-kernel-initrd', 'archive', 'squashfs on /dev/loop0, read on demand', memoryMegabytes],
] as const;

for (const [what, system, expected, megabytes] of roots) {
	ava(`${what} boots, and Redis answers`, async (t) => {
		t.timeout(limitMs);
		await inLane(0, async () => {
			await bootToAnswer(t, nameOf(system), { memoryMegabytes: megabytes }, ({ machine }) => {
				const root = machine.events.find((event) => event.event === 'stage' && event.stage === 'root');
				t.is(root?.event === 'stage' && root.msg, expected);
			});
		});
	});
}

const boots: readonly (readonly [lane: 0 | 1, what: string, System, ending: string, MediumChoice])[] = [
	[1, 'iso as a USB stick, by EFI', 'cloud', '.iso', { firmware: 'uefi', drive: 'usb' }],
	[1, 'iso as a CD, by EFI', 'cloud', '.iso', { firmware: 'uefi' }],
	[1, 'iso-efi as a CD', 'cloud', '-efi.iso', {}],
	[1, 'raw-efi as a SATA disk', 'any', '-efi.img', { drive: 'sata' }],
	[1, 'qcow2-efi as an NVMe disk', 'cloud', '-efi.qcow2', { drive: 'nvme' }],
	[0, 'iso as a CD, by BIOS', 'cloud', '.iso', {}],
	[0, 'iso-bios as a USB stick', 'other', '.iso', { drive: 'usb' }],
	[0, 'raw-bios as a USB stick', 'any', '-bios.img', { drive: 'usb' }],
	[0, 'qcow2-bios as a virtio disk', 'cloud', '.qcow2', {}],
	[0, 'vmdk as a SATA disk', 'any', '.vmdk', { drive: 'sata' }],
	[0, 'aws as an NVMe disk', 'cloud', '.raw', { drive: 'nvme' }],
	[1, 'vhd as an NVMe disk', 'cloud', '.vhd', { drive: 'nvme' }],
	[0, 'dynamic-vhd as an NVMe disk', 'other', '.vhd', { drive: 'nvme' }],
	[1, 'the disk of gcp as a SCSI disk', 'cloud', '-gcp.raw', { drive: 'scsi' }],
];

for (const [lane, what, system, ending, choice] of boots) {
	ava(`${what} boots, and Redis answers`, async (t) => {
		t.timeout(limitMs);
		const name = nameOf(system);
		await inLane(lane, async () => {
			const medium = describeMedium(`${name}${ending}`, choice);
			await bootToAnswer(t, name, {
				medium,
				memoryMegabytes: ending.endsWith('.iso') ? memoryMegabytes : diskMegabytes,
			});
		});
	});
}

ava("iso-efi-initrd is iso-efi by LinuxKit's other name", (t) => {
	const bytesOf = (ending: string): Buffer => readFileSync(`${nameOf('cloud')}${ending}`);
	t.true(bytesOf('-efi-initrd.iso').equals(bytesOf('-efi.iso')));
});

ava('slipway run boots an EFI program, and powers it off when it is ready', async (t) => {
	t.timeout(limitMs);
	const program = `${nameOf('cloud')}.efi`;
	const run = await inLane(
		1,
		async () => await slipway('run', '--until-ready', '--memory', '512', '--cpus', '1', program),
	);
	t.is(run.exitCode, 0, run.stderr + run.stdout);
	t.regex(run.stdout, /ready/);
});

ava('slipway run says that it can add nothing to the command line of a medium', async (t) => {
	const run = await slipway('run', '--append', 'quiet', `${nameOf('cloud')}.iso`);
	t.is(run.exitCode, 1);
	t.regex(run.stderr, /command line is inside .*media-cloud\.iso: --append can't add to it/);
});
