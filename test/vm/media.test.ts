// The formats for firmware, each booted as its users have it, to the answer of Redis: SeaBIOS and OVMF read the medium, and the
// boot loader, the kernel and PID 1 follow. The system is the least with a service that a client reaches. A disk has the root in a
// partition, so that its machine has little memory.

import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ava from 'ava';
import { describeMedium, type MediumChoice } from '../../tools/machine/boot-medium.ts';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem, slipway } from '../helpers/system.ts';

const test = ava.serial;

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

/** `any` has the drivers of all disks, `cloud` those of the clouds. */
let names: { readonly cloud: string; readonly any: string };
let guest: Guest | null = null;

ava.before(async () => {
	const cloud = await buildSystem('media', yaml, '--format', 'uki,iso,qcow2-efi,vhd,gcp');
	execFileSync('tar', ['-xzf', `${cloud}.img.tar.gz`, '-C', dirname(cloud)]);
	renameSync(join(dirname(cloud), 'disk.raw'), `${cloud}-gcp.raw`);
	const generic = yaml.replace('slipway/kernel:v1', 'slipway/kernel-generic:v1');
	names = { cloud, any: await buildSystem('media-any', generic, '--format', 'raw-bios,vmdk') };
});

test('kernel+iso boots, and Redis answers', async (t) => {
	const name = await buildSystem('media-iso9660', yaml, '--format', 'kernel+iso');
	guest = await bootReadyGuest(name, { memoryMegabytes: diskMegabytes });
	const { machine, redis } = guest;
	const root = machine.events.find((event) => event.event === 'stage' && event.stage === 'root');
	t.is(root?.event === 'stage' && root.msg, 'iso9660 on /dev/vda, read on demand');
	t.is(await eventually(async () => ((await redis('PING')) === 'PONG' ? 'PONG' : null)), 'PONG');
	t.like(await machine.powerOff(60_000), { exitCode: 0, shutdown: 'poweroff' });
});

ava.afterEach.always(async () => {
	await guest?.machine.stop();
	guest = null;
});

type System = keyof typeof names;
const boots: readonly (readonly [what: string, system: System, ending: string, choice: MediumChoice])[] = [
	['an ISO as a CD, by BIOS', 'cloud', '.iso', {}],
	['an ISO as a CD, by EFI', 'cloud', '.iso', { firmware: 'uefi' }],
	['an ISO as a USB stick, by EFI', 'cloud', '.iso', { firmware: 'uefi', drive: 'usb' }],
	['raw-bios as a USB stick', 'any', '-bios.img', { drive: 'usb' }],
	['qcow2-efi as an NVMe disk', 'cloud', '-efi.qcow2', { drive: 'nvme' }],
	['vmdk as a SATA disk', 'any', '.vmdk', { drive: 'sata' }],
	['vhd as an NVMe disk', 'cloud', '.vhd', { drive: 'nvme' }],
	['the disk of gcp', 'cloud', '-gcp.raw', {}],
];

for (const [what, system, ending, choice] of boots) {
	test(`${what} boots, and Redis answers`, async (t) => {
		const name = names[system];
		const medium = describeMedium(`${name}${ending}`, choice);
		guest = await bootReadyGuest(name, { medium, memoryMegabytes: ending === '.iso' ? 512 : diskMegabytes });
		const { redis } = guest;
		t.is(await eventually(async () => ((await redis('PING')) === 'PONG' ? 'PONG' : null)), 'PONG');
		t.like(await guest.machine.powerOff(60_000), { exitCode: 0, shutdown: 'poweroff' });
	});
}

test('slipway run boots an EFI program, and powers it off when it is ready', async (t) => {
	const run = await slipway('run', '--until-ready', '--memory', '512', `${names.cloud}.efi`);
	t.is(run.exitCode, 0, run.stderr + run.stdout);
	t.regex(run.stdout, /ready/);
});

test('slipway run says that it can add nothing to the command line of a medium', async (t) => {
	const run = await slipway('run', '--append', 'quiet', `${names.cloud}.iso`);
	t.is(run.exitCode, 1);
	t.regex(run.stderr, /command line is inside .*media\.iso: --append can't add to it/);
});
