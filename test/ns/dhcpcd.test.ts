// The package dhcpcd in a network namespace, and dnsmasq behind a cable in another: addresses and name servers by IPv6.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { findProgram } from '../helpers/program.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { unpackImage } from '../helpers/unpacked-image.ts';

/** Takes its end of the cable from the namespace of the parent. */
const server = `
nsenter --target "$PPID" --net busybox ip link set far netns $$
busybox ip addr add 2001:db8::1/64 dev far
busybox ip link set far up
exec ${findProgram('dnsmasq')} --no-daemon --conf-file=/dev/null --user=root --pid-file= --leasefile-ro --port=0 \\
	--interface=far --enable-ra --dhcp-range=2001:db8::100,2001:db8::1ff,slaac,64,1h \\
	--dhcp-option=option6:dns-server,[2001:db8::53] --dhcp-option=option6:domain-search,example.org`;
/** The kernel names the other end veth0. */
const client = `
busybox ip link add far type veth
busybox ip link set veth0 name eth0 address 02:00:00:00:00:07
unshare --net sh -ec "$SERVER" &
cd "$ROOT"
mkdir -p dev proc sys
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
exec chroot . /sbin/dhcpcd --nobackground -f /dhcpcd-ipv6.conf`;

test('dhcpcd-ipv6.conf takes an address by DHCPv6, one from the router, and the name server', async (t) => {
	const root = join(scratchFolder(t), 'root');
	await unpackImage('slipway/dhcpcd:v1', root);
	const child = spawn(
		'unshare',
		['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-ec', client],
		{ env: { ...process.env, ROOT: root, SERVER: server }, stdio: ['ignore', 'pipe', 'pipe'] },
	);
	t.teardown(() => void child.kill('SIGKILL'));
	let said = '';
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding('utf8').on('data', (text: string) => {
			said += text;
		});
	const settings = join(root, 'etc/resolv.conf');
	const hasEnded = () => {
		if (child.exitCode !== null || child.signalCode !== null)
			throw new Error(`it ended with ${child.exitCode}: ${said}`);
		return false;
	};
	// proc(5), of the namespace: the address, the interface's index, the length of the prefix, the scope, flags and the interface.
	const addresses = () => {
		hasEnded();
		return readFileSync(`/proc/${child.pid}/net/if_inet6`, 'latin1');
	};
	const leased = /^20010db80000000000000000000001[\da-f]{2} \S+ 80 00 \S+ +eth0$/m;
	const slaac = /^20010db800000000000000fffe000007 \S+ 40 00 \S+ +eth0$/m;
	await eventually(() => hasEnded() || (leased.test(addresses()) && slaac.test(addresses())), {
		pauseMs: 50,
		timeoutMs: 60_000,
		what: 'both addresses',
	}).catch((error: unknown) => t.fail(`${String(error)}\n${addresses()}${said}`));
	const lines = /^search example\.org\nnameserver 2001:db8::53$/m;
	await eventually(() => existsSync(settings) && lines.test(readFileSync(settings, 'utf8')), { pauseMs: 50 });
	// 00000003 is RTF_UP and RTF_GATEWAY.
	const routes = readFileSync(`/proc/${child.pid}/net/ipv6_route`, 'latin1');
	t.regex(routes, /^0{32} 00 0{32} 00 fe80\S{28} \S+ \S+ \S+ 00000003 +eth0$/m);
});
