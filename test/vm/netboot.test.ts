// A machine without a disk boots from the network: the iPXE of QEMU's network card asks `slipway serve` by TFTP and HTTP, and
// the guest's package `metadata` reads its data from there. It has three cards, which the package `network` sets up.

import { spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { sentFiles, startServing } from '../helpers/serving.ts';
import { buildSystem } from '../helpers/system.ts';

const mac = '52:54:00:12:34:99';
const uuid = '2b6d4f0e-5c1b-4a5c-9f0e-1d2c3b4a5968';
const links = `      network:
        ethernets:
          first: {match: {macaddress: "${mac}"}, dhcp4: true}
          card-a: {match: {macaddress: "52:54:00:12:34:a1"}, set-name: card-a}
          card-b: {match: {macaddress: "52:54:00:12:34:a2"}, set-name: card-b}
        bonds:
          bond0: {interfaces: [card-a, card-b], parameters: {mode: active-backup}}
        vlans:
          v10: {id: 10, link: bond0, addresses: [198.51.100.5/24, "2001:db8:10::5/64"], mtu: 1400}
`;
/** The example, with the links and an address before its data. */
const yaml = readFileSync('examples/metadata.yml', 'utf8')
	.replace('slipway/kernel:v1', 'slipway/kernel-containers:v1')
	.replace(/ {2}# With an address of its own instead.*\n {2}- name: dhcpcd\n.*\n.*\n/, '')
	.replace(
		'  - name: metadata\n',
		`  - name: network
    image: slipway/network:v1
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
  - name: metadata
`,
	)
	.replace(
		'services:\n',
		`services:
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd-ipv6.conf"]
    readonlyPaths: [/proc/bus, /proc/fs, /proc/irq, /proc/sysrq-trigger]
`,
	)
	.concat(`files:\n  - path: etc/network/links.yml\n    contents: |\n${links}`);

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	return typeof address === 'object' && address !== null ? address.port : 0;
}

test('serve: a machine without a disk boots by PXE to what the list says, with its metadata and several cards', async (t) => {
	const name = await buildSystem('netboot', yaml);
	const folder = scratchFolder(t);
	const machines = join(folder, 'machines.yml');
	const data = JSON.stringify({ redis: { entries: { 'a.conf': { content: 'maxmemory 64mb\n' } } } });
	writeFileSync(
		machines,
		`machines:
  - {name: other, mac: "${mac}", uuid: ${uuid.replace('2b', '2c')}, system: nothing}
  - {name: cache, mac: "${mac}", uuid: ${uuid}, system: netboot, append: panic=-1, hostname: cache-9, userData: '${data}'}
`,
	);
	const listen = ['--port', '127.0.0.1:0', '--tftp=127.0.0.1:0'];
	const events = startServing(t, [...listen, '--machines', machines, dirname(name)]);
	const tftpPort = await eventually(() => {
		const listening = events.find((each) => each.event === 'listening' && each.protocol === 'tftp');
		return listening?.event === 'listening' ? listening.address.split(':').at(-1) : null;
	});
	const redisPort = await freePort();
	const qemu = spawn(
		'qemu-system-x86_64',
		[
			...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '1024', '-smp', '1'],
			...['-machine', 'q35,accel=tcg', '-cpu', 'max', '-serial', 'stdio', '-uuid', uuid],
			...[
				'-netdev',
				`user,id=n,hostfwd=tcp:127.0.0.1:${redisPort}-:6379,bootfile=tftp://10.0.2.2:${tftpPort}/boot.ipxe`,
			],
			...['-device', `virtio-net-pci,netdev=n,mac=${mac}`],
			// Two cards on one wire, and nothing else on it.
			...['a1', 'a2'].flatMap((end) => [
				...['-netdev', `hubport,id=${end},hubid=1`],
				...['-device', `virtio-net-pci,netdev=${end},mac=52:54:00:12:34:${end},romfile=`],
			]),
		],
		{ stdio: ['pipe', openSync(join(folder, 'console'), 'w'), 'inherit'] },
	);
	t.teardown(() => qemu.kill('SIGKILL'));
	const redis = async (...words: readonly string[]): Promise<string> =>
		(await runProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(redisPort), ...words])).stdout.trim();
	try {
		await eventually(async () => {
			if (qemu.exitCode !== null) throw new Error(`QEMU ended with ${qemu.exitCode}`);
			return (await redis('PING')) === 'PONG';
		});
	} catch (error) {
		t.log(readFileSync(join(folder, 'console'), 'latin1').slice(-5000));
		throw error;
	}
	t.is(await redis('CONFIG', 'GET', 'maxmemory'), `maxmemory\n${64 * 2 ** 20}`);
	const boot = events.find(({ event }) => event === 'boot');
	t.like(boot, { event: 'boot', mac, machine: 'cache', system: 'netboot', problem: null });
	t.deepEqual(sentFiles(events), ['tftp boot.ipxe', 'http /netboot-kernel', 'http /netboot-initrd.img']);
	const consoleText = (): string => readFileSync(join(folder, 'console'), 'latin1');
	// The prompt of the console has the name.
	await eventually(() => consoleText().includes('cache-9:'));
	qemu.stdin?.write(
		'ip -o addr show; cat /proc/net/bonding/bond0 /proc/net/vlan/config; ip link show v10; service logs dhcpcd; echo do""ne\r',
	);
	await eventually(() => /^done\r?$/m.test(consoleText()));
	t.regex(consoleText(), /eth0 +inet6 fec0::\S+\/64 scope site dynamic /, 'by the router of QEMU');
	t.regex(consoleText(), /eth0: Router Advertisement from fe80::2/, 'which dhcpcd reads');
	t.regex(consoleText(), /v10 +inet 198\.51\.100\.5\/24 /);
	t.regex(consoleText(), /v10 +inet6 2001:db8:10::5\/64 /);
	t.regex(consoleText(), /Bonding Mode: fault-tolerance \(active-backup\)/);
	for (const card of ['card-a', 'card-b']) t.regex(consoleText(), new RegExp(`Slave Interface: ${card}`));
	t.regex(consoleText(), /^v10 +\| 10 +\| bond0/m);
	t.regex(consoleText(), /v10@bond0: .*\bUP\b.* mtu 1400/);
});
