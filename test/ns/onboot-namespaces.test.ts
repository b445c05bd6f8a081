// `runtime.interfaces` and `runtime.bindNS` of onboot containers, by runc and by the built-in engine.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mountsUnder, startGuest } from './supervised-guest.ts';

for (const engine of ['runc', 'builtin'] as const) {
	test.serial(`runOnboot() binds namespaces that outlive their container, by ${engine}`, async (t) => {
		const guest = await startGuest(t);
		const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];
		const bindNS = Object.fromEntries(kinds.map((kind) => [kind, join(guest.root, 'ns', kind)]));
		const script = `for kind in ${kinds.join(' ')}; do busybox readlink /proc/self/ns/$kind; done`;
		guest.addBundle('onboot/000-net', script, { bindNS }, { engine });
		await guest.command('onboot');
		t.deepEqual(mountsUnder(guest.root).toSorted(), Object.values(bindNS));
		const said = guest.log('onboot.000-net.out.log').trim().split('\n');
		t.is(said.length, kinds.length);
		t.deepEqual(
			Object.values(bindNS).map((path) => statSync(path).ino),
			said.map((line) => Number(/\[(\d+)\]/.exec(line)?.[1])),
		);
	});

	test.serial(
		`runOnboot() gives a container its interfaces before its program runs, by ${engine}`,
		async (t) => {
			const guest = await startGuest(t, undefined, ['unshare', '--net']);
			const [name, peer] = [`sl${process.pid}`, `pe${process.pid}`];
			const script = 'busybox ip -o link; exit 7';
			const interfaces = [{ name, add: 'veth', peer }];
			const bound = join(guest.root, 'ns/net');
			guest.addBundle('onboot/000-net', script, { interfaces, bindNS: { net: bound } }, { engine });
			await guest.command('onboot');
			const failed = await guest.next((line) => line.name === '000-net' && line.state === 'failed');
			t.regex(failed.message ?? '', /^exited with status 7; /);
			const said = guest.log('onboot.000-net.out.log');
			t.regex(said, /^\d+: lo: <LOOPBACK,UP/m);
			t.deepEqual([...said.matchAll(/^\d+: (\w+)/gm)].map(([, each]) => each).toSorted(), ['lo', name]);
			t.deepEqual(mountsUnder(guest.root), [bound]);
		},
	);
}
