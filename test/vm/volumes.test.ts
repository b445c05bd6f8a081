// The example of volumes, booted and used from outside.

import { readFileSync } from 'node:fs';
import ava from 'ava';
import { pressPowerButton } from '../../tools/machine/qemu-monitor.ts';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;
let guest: Guest;

ava.before(async () => {
	guest = await bootReadyGuest(await buildSystem('volumes', readFileSync('examples/volumes.yml', 'utf8')));
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

test('volumes: the power button ends the system cleanly', async (t) => {
	await guest.shell('until grep -q ^evdev /proc/modules; do sleep 0.2; done; sleep 1');
	await pressPowerButton(guest.machine.monitor);
	t.like(await guest.exited(), { exitCode: 0, shutdown: 'poweroff' });
	t.regex(guest.machine.lastLines(), /shutdown +poweroff by the power button/);
	t.regex(guest.machine.lastLines(), /poweroff: now/);
});
