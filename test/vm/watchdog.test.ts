// The watchdog, in a machine without a hardware one: fed by PID 1 it keeps still, and a PID 1 that hangs ends in a
// reset, which QEMU ends by.

import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest } from '../helpers/guest.ts';
import { buildSystem } from '../helpers/system.ts';

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
`;

const seconds = 8;

test('the watchdog resets a machine whose PID 1 hangs, and no other', async (t) => {
	const name = await buildSystem('watchdog', yaml);
	const guest = await bootReadyGuest(name, { append: `slipway.faults=1 slipway.watchdog=${seconds}s` });
	t.teardown(() => guest.machine.stop());
	const stage = guest.machine.events.find((event) => event.event === 'stage' && event.stage === 'watchdog');
	t.like(stage, { state: 'done', msg: `/dev/watchdog, ${seconds} s` });

	const uptime = async (): Promise<number> => Number((await guest.shell('cut -d. -f1 /proc/uptime')).output);
	const until = (await uptime()) + seconds + 2;
	t.true(await eventually(async () => ((await uptime()) >= until ? true : null)), 'it is fed');

	guest.machine.command({ command: 'fault', kind: 'hang' });
	t.like(await guest.machine.exited, { exitCode: 0, shutdown: null, lost: null });
});
