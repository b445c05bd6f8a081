// A disk mounted in the guest is clean after poweroff: synced, unmounted, with the last write on it.

import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import test from 'ava';
import { bootReadyGuest } from '../helpers/guest.ts';
import { runProgram } from '../helpers/program.ts';
import { buildSystem } from '../helpers/system.ts';

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
onboot:
  - name: mount
    image: slipway/getty:v1
    command: ["/bin/sh", "-c", "mkdir -p /var/data && mount -t ext4 /dev/vda /var/data"]
    binds: ["/dev:/dev", "/var:/var:rshared,rbind"]
    rootfsPropagation: shared
    capabilities: [all]
    devices: [{path: all, type: b}]
    net: host
services:
  - name: writer
    image: slipway/getty:v1
    command: ["/bin/sh", "-c", "trap 'echo goodbye > /var/data/last; exit 0' TERM; while :; do sleep 0.1; done"]
    binds: ["/var:/var:rshared,rbind"]
    capabilities: [all]
`;

test('poweroff leaves a clean file system, with what a service wrote on SIGTERM', async (t) => {
	const disk = resolve('build/test/disk.img');
	mkdirSync(resolve('build/test'), { recursive: true });
	rmSync(disk, { force: true });
	t.is((await runProgram('mke2fs', ['-q', '-t', 'ext4', disk, '64M'])).exitCode, 0);
	const name = await buildSystem('disk', yaml);
	const guest = await bootReadyGuest(name, { disks: [{ path: disk, format: 'raw' }] });
	t.teardown(() => guest.machine.stop());
	t.like(await guest.event((event) => event.event === 'onboot' && event.state !== 'started'), {
		state: 'done',
	});
	const exit = await guest.machine.powerOff(60_000);
	t.like(exit, { exitCode: 0, shutdown: 'poweroff' });

	const state = await runProgram('dumpe2fs', ['-h', disk]);
	t.regex(state.stdout, /Filesystem state:\s+clean$/m);
	t.notRegex(state.stdout, /needs_recovery/);
	t.regex(state.stdout, /Mount count:\s+1$/m);
	t.is((await runProgram('e2fsck', ['-fn', disk])).exitCode, 0);
	t.is((await runProgram('debugfs', ['-R', 'cat /last', disk])).stdout, 'goodbye\n');
});
