// A network of a test's own: an Ethernet switch, this side of it at 192.0.2.1, and a DHCP server at 192.0.2.2 (busybox's udhcpd), which
// gives addresses and knows nothing of network boot. The server has a network namespace of its own, so it is another machine as far as
// the network can tell. It needs no root where users may make namespaces.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { runProgram } from './program.ts';
import { type Owner, scratchFolder } from './scratch.ts';

export interface OwnNetwork {
	/** What stands before a program that runs at 192.0.2.1. */
	readonly inside: readonly [string, ...string[]];
	/** QEMU's words for a network card on the switch; the id is at most 11 letters. */
	card(id: string, mac: string, ...properties: readonly string[]): readonly string[];
	/** What the DHCP server has said. */
	serverLog(): string;
}

/** The addresses that the DHCP server gives. */
export const leasedAddress = /^192\.0\.2\.5\d$/;

/** The kernel names the other end of the cable veth0. */
const makeSwitch = `
busybox ip link set lo up
busybox ip link add switch type bridge
busybox ip addr add 192.0.2.1/24 dev switch
busybox ip link set switch up
busybox ip link add cable type veth
busybox ip link set cable master switch up
echo made
exec busybox cat`;

const serve = `
echo made
read plugged
busybox ip addr add 192.0.2.2/24 dev veth0
busybox ip link set veth0 up
exec busybox udhcpd -f -S "$0"`;

const plugIn = '#!/bin/sh -e\nbusybox ip link set "$1" master switch up\n';

export async function openOwnNetwork(t: Owner): Promise<OwnNetwork> {
	const folder = scratchFolder(t);
	const [config, leases, pidFile, script] = ['udhcpd.conf', 'leases', 'pid', 'plug-in'].map((name) =>
		join(folder, name),
	) as [string, string, string, string];
	writeFileSync(leases, '');
	writeFileSync(script, plugIn, { mode: 0o755 });
	writeFileSync(
		config,
		`interface veth0
start 192.0.2.50
end 192.0.2.59
max_leases 10
lease_file ${leases}
pidfile ${pidFile}
opt subnet 255.255.255.0
opt router 192.0.2.1
`,
	);
	const start = async (program: string, ...args: readonly string[]) => {
		const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
		t.teardown(() => void child.kill('SIGKILL'));
		let said = '';
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding('utf8').on('data', (text: string) => {
				said += text;
			});
		await eventually(() => {
			if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`);
			return said.includes('made');
		});
		return { child, log: () => said };
	};
	const network = await start('unshare', '--user', '--map-root-user', '--net', 'sh', '-ec', makeSwitch);
	const enter = ['--user', '--net', '--preserve-credentials', '--target', String(network.child.pid)];
	const server = await start('nsenter', ...enter, 'unshare', '--net', 'sh', '-ec', serve, config);
	const plug = ['busybox', 'ip', 'link', 'set', 'veth0', 'netns', String(server.child.pid)];
	const plugged = await runProgram('nsenter', [...enter, ...plug]);
	if (plugged.exitCode !== 0) throw new Error(plugged.stderr);
	server.child.stdin.write('plugged\n');
	await eventually(() => /started/.test(server.log()));
	return {
		inside: ['nsenter', ...enter],
		card: (id, mac, ...properties) => [
			...['-netdev', `tap,id=${id},ifname=${id},script=${script},downscript=no`],
			...['-device', [`virtio-net-pci,netdev=${id},mac=${mac}`, ...properties].join(',')],
		],
		serverLog: server.log,
	};
}
