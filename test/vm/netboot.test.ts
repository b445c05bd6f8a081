// A machine without a disk boots from the network: the iPXE of QEMU's network card asks `slipway serve` by TFTP and HTTP, and
// the guest's package `metadata` reads its data from there.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import test from 'ava';
import type { ServeEvent } from '../../tools/serve/serve-event.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { type Owner, scratchFolder } from '../helpers/scratch.ts';
import { buildSystem, slipwayEnvironment, slipwayProgram } from '../helpers/system.ts';

const mac = '52:54:00:12:34:99';
/** The example, with an address before its data. */
const yaml = readFileSync('examples/metadata.yml', 'utf8').replace(
	'  - name: metadata\n    image: slipway/metadata:v1\n',
	'  - name: dhcpcd-first\n    image: slipway/dhcpcd:v1\n    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]\n  - name: metadata\n    image: slipway/metadata:v1\n',
);

/** Starts `slipway serve` and returns what it prints. */
function startServing(t: Owner, ...args: readonly string[]): { readonly events: readonly ServeEvent[] } {
	const child = spawn(slipwayProgram, ['serve', '--json', ...args], {
		stdio: ['ignore', 'pipe', 'inherit'],
		env: slipwayEnvironment(),
	});
	t.teardown(() => child.kill());
	const events: ServeEvent[] = [];
	let rest = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		const lines = (rest + text).split('\n');
		rest = lines.pop() ?? '';
		events.push(...lines.map((line) => JSON.parse(line) as ServeEvent));
	});
	return { events };
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	return typeof address === 'object' && address !== null ? address.port : 0;
}

test('serve: a machine without a disk boots by PXE to what the list says, with its metadata', async (t) => {
	const name = await buildSystem('netboot', yaml);
	const folder = scratchFolder(t);
	const machines = join(folder, 'machines.yml');
	const data = JSON.stringify({ redis: { entries: { 'a.conf': { content: 'maxmemory 64mb\n' } } } });
	writeFileSync(
		machines,
		`machines:\n  - {name: cache, mac: "${mac}", system: netboot, append: panic=-1, hostname: cache-9, userData: '${data}'}\n`,
	);
	const { events } = startServing(
		t,
		...['--port', '127.0.0.1:0', '--tftp=127.0.0.1:0', '--machines', machines, dirname(name)],
	);
	const tftpPort = await eventually(() => {
		const listening = events.find((each) => each.event === 'listening' && each.protocol === 'tftp');
		return listening?.event === 'listening' ? listening.address.split(':').at(-1) : null;
	});
	const redisPort = await freePort();
	const qemu = spawn(
		'qemu-system-x86_64',
		[
			...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '1024', '-smp', '2'],
			...['-machine', 'q35,accel=tcg', '-cpu', 'max', '-serial', `file:${folder}/console`],
			...[
				'-netdev',
				`user,id=n,hostfwd=tcp:127.0.0.1:${redisPort}-:6379,bootfile=tftp://10.0.2.2:${tftpPort}/boot.ipxe`,
			],
			...['-device', `virtio-net-pci,netdev=n,mac=${mac}`],
		],
		{ stdio: ['ignore', 'inherit', 'inherit'] },
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
	const files = events.flatMap((each) =>
		each.event === 'file' && each.outcome === 'sent' ? [`${each.protocol} ${each.path}`] : [],
	);
	t.deepEqual(files, ['tftp boot.ipxe', 'http /netboot-kernel', 'http /netboot-initrd.img']);
	// The prompt of the console has the name.
	await eventually(() => readFileSync(join(folder, 'console'), 'latin1').includes('cache-9:'));
	t.pass();
});
