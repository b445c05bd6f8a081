// Both ways, the second: a system that our tool built boots with another init. The bundles are ours, the init is a
// shell script that knows the layout alone (fixtures/other-init).

import { readFileSync } from 'node:fs';
import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootGuest } from '../helpers/guest.ts';
import { ownStore } from '../helpers/own-store.ts';
import { buildSystem } from '../helpers/system.ts';
import { putTestImage } from '../helpers/tar.ts';

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [test/other-init:v1, slipway/runc:v1, slipway/containerd:v1]
onboot:
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
  - name: one
    image: slipway/getty:v1
    command: ["/bin/echo", "onboot one ran"]
    binds: []
services:
  - name: redis
    image: slipway/redis:v1
    capabilities: [CAP_NET_BIND_SERVICE, CAP_CHOWN, CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE]
    net: host
`;

test('a system of ours boots with another init: onboot containers run, and Redis answers from outside', async (t) => {
	const store = await ownStore('other-init');
	await putTestImage(
		store,
		'test/other-init:v1',
		[
			{ name: 'bin/busybox', body: readFileSync('/bin/busybox') as unknown as string, mode: 0o755 },
			{ name: 'init', body: readFileSync('test/vm/fixtures/other-init/init', 'utf8'), mode: 0o755 },
		],
		{},
	);
	const name = await buildSystem('other-init', yaml, '--cache', store.folder);
	// QEMU's emulation of two may hang when the first memory cgroup is made beside other work; our init knows to avoid it.
	const guest = await bootGuest(name);
	t.teardown(() => guest.machine.stop());
	let console = '';
	guest.machine.emitter.on('console', (bytes: Buffer) => {
		console += bytes.toString('latin1');
	});
	t.is(await eventually(async () => ((await guest.redis('PING')) === 'PONG' ? 'PONG' : null)), 'PONG');
	t.is(await guest.redis('SET', 'greeting', 'hello'), 'OK');
	t.is(await guest.redis('GET', 'greeting'), 'hello');
	t.regex(console, /onboot 000-dhcpcd ended with 0/);
	t.regex(console, /^onboot one ran\r?$/m);
	t.regex(console, /onboot 001-one ended with 0/);
	t.regex(console, /service redis started with 0/);
});
