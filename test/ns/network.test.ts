// `ip=` on the kernel's command line, in a network namespace with a card of its own.

import { readFileSync } from 'node:fs';
import test from 'ava';
import { buildInitOnce, type Guest, startGuest } from './guest-init.ts';

test.before(buildInitOnce);

const prepare = `
$NODE $REPO/test/ns/make-device.ts eth0
ln -sf /run/resolvconf/resolv.conf etc/resolv.conf
`;

async function stageOf(guest: Guest, stage: string): Promise<string> {
	const stageEvent = () => guest.events.find((line) => line.event === 'stage' && line.stage === stage);
	await guest.waitFor(`the stage ${stage}`, () => stageEvent() !== undefined);
	const event = stageEvent();
	return event?.event === 'stage' ? `${event.state}: ${event.msg}` : '';
}

test('network: ip= gives address, route, name servers and a hostname', async (t) => {
	const commandLine = 'ip=192.0.2.15::192.0.2.1:255.255.255.0:web:eth0:off:192.0.2.53:192.0.2.54';
	const guest = await startGuest({ prepare, commandLine });
	t.teardown(() => guest.stop());
	t.is(await stageOf(guest, 'network'), 'done: eth0 192.0.2.15/24');
	t.is(await stageOf(guest, 'hostname'), 'done: web');
	const read = (path: string): string => readFileSync(`${guest.root}/${path}`, 'utf8');
	t.is(read('run/resolvconf/resolv.conf'), 'nameserver 192.0.2.53\nnameserver 192.0.2.54\n');
	t.is(read('run/slipway/static-devices'), 'eth0\n');
	// proc(5), of its network namespace: interface, destination, gateway, in little-endian words.
	t.regex(readFileSync(`/proc/${guest.pid}/net/route`, 'latin1'), /^eth0\t00000000\t010200C0\t/m);
	t.regex(readFileSync(`/proc/${guest.pid}/net/fib_trie`, 'latin1'), /192\.0\.2\.15\n.*host LOCAL/);
});

test('network: a wrong ip= is reported, and the boot continues', async (t) => {
	const guest = await startGuest({ prepare, commandLine: 'ip=192.0.2.15::gate' });
	t.teardown(() => guest.stop());
	t.regex(
		await stageOf(guest, 'network'),
		/^failed: ip=192\.0\.2\.15::gate: "gate" is no IPv4 address\. Expected/,
	);
	await guest.waitFor('ready', () => guest.events.some(({ event }) => event === 'ready'));
});

test('network: ip=dhcp is left to a package', async (t) => {
	const guest = await startGuest({ prepare, commandLine: 'ip=dhcp' });
	t.teardown(() => guest.stop());
	t.regex(await stageOf(guest, 'network'), /^skipped: .*ip=dhcp is left to a package/);
});

test('network: ip= gives addresses of IPv4 and IPv6 to one card, and nameserver= more servers', async (t) => {
	const commandLine =
		'ip=192.0.2.15:::24::eth0:off ip=[2001:db8::15]::[2001:db8::1]:64::eth0:off:[2001:db8::53] nameserver=192.0.2.53';
	const guest = await startGuest({ prepare, commandLine });
	t.teardown(() => guest.stop());
	t.is(await stageOf(guest, 'network'), 'done: eth0 192.0.2.15/24, eth0 2001:db8::15/64');
	const read = (path: string): string => readFileSync(`${guest.root}/${path}`, 'utf8');
	t.is(read('run/resolvconf/resolv.conf'), 'nameserver 2001:db8::53\nnameserver 192.0.2.53\n');
	t.is(read('run/slipway/static-devices'), 'eth0\n');
	// proc(5): the address, the interface's index, the prefix length, scope and flags. 80 is IFA_F_PERMANENT, 02 IFA_F_NODAD.
	t.regex(
		readFileSync(`/proc/${guest.pid}/net/if_inet6`, 'latin1'),
		/^20010db8000000000000000000000015 \d+ 40 00 82 +eth0$/m,
	);
	t.regex(
		readFileSync(`/proc/${guest.pid}/net/ipv6_route`, 'latin1'),
		/^0{32} 00 0{32} 00 20010db8000000000000000000000001 .* eth0$/m,
	);
});
