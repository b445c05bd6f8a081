// The example of a fixed address by a package, used from outside.

import { readFileSync } from 'node:fs';
import test from 'ava';
import { monitorCommand } from '../../tools/machine/qemu-monitor.ts';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest } from '../helpers/guest.ts';
import { buildSystem } from '../helpers/system.ts';

test("static-ip: address, gateway and name servers are the profile's, and a client from outside connects", async (t) => {
	const guest = await bootReadyGuest(
		await buildSystem('static-ip', readFileSync('examples/static-ip.yml', 'utf8')),
		// The last one is /dev/console.
		{ append: 'console=tty0' },
	);
	t.teardown(() => guest.machine.stop());
	await eventually(() => /every service runs/.test(guest.machine.lastLines()), { pauseMs: 50 });
	const pong = await eventually(async () => ((await guest.redis('PING')) === 'PONG' ? 'PONG' : null));
	t.is(pong, 'PONG');
	const { output } = await guest.shell('ip -4 addr show eth0; ip route; cat /etc/resolv.conf');
	t.regex(output, /inet 10\.0\.2\.15\/24 /);
	t.regex(output, /^default via 10\.0\.2\.2 dev eth0/m);
	t.regex(output, /^nameserver 192\.0\.2\.53$/m);
	// DHCP would have left these lines.
	t.is((await guest.shell('grep -i "offered\\|leased" /var/log/onboot.000-network*')).status, 1);

	const screen = await guest.shell('cat /dev/vcs1');
	t.regex(screen.output, /every service runs/);
	t.regex(screen.output, /:~# /, 'a shell is on the screen, too');

	// Debian's default: the keyboard may ask for a sync, read-only disks, signals and a reboot, not for memory dumps.
	t.is((await guest.shell('cat /proc/sys/kernel/sysrq')).output.trim(), '438');
	const press = async (...names: readonly string[]): Promise<void> => {
		const keys = names.map((data) => ({ type: 'qcode', data }));
		await monitorCommand(guest.machine.monitor, 'send-key', { keys });
	};
	await press('alt', 'sysrq', 's');
	await eventually(async () => (await guest.shell('dmesg | grep "sysrq: Emergency Sync"')).status === 0);
	await press('alt', 'sysrq', 'w');
	await eventually(
		async () => (await guest.shell('dmesg | grep "sysrq: This sysrq operation is disabled"')).status === 0,
	);
	await press('ctrl', 'alt', 'delete');
	t.like(await guest.exited(), { exitCode: 0, shutdown: 'reboot' }, 'Ctrl-Alt-Del reboots cleanly');
});
