// The rules of networks (ruleset.ts) in the kernel, loaded by nft(8): who reaches whom. A network namespace stands for the machine, so the
// one that tests is not touched; one on a bridge of which the rules know nothing stands for the world outside.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import type { ContainerNetwork } from '../../../../supervisor/contract/container-network.ts';
import { ensureNetwork, removeNetwork } from '../../../../supervisor/network/container-network.ts';
import { ruleset } from '../../../../supervisor/network/ruleset.ts';
import { planNetworks } from '../../../../tools/config/networks.ts';
import { parsePort } from '../../../../tools/config/ports.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const test = ava.serial;
const native = await openAddon();
const folder = scratchFolder();
const machine = join(folder, 'machine');
const servers: ChildProcess[] = [];

const networks = planNetworks([
	{ name: 'front', subnets: ['10.80.0.0/24', 'fd00:80::/64'] },
	{ name: 'side', subnets: ['10.81.0.0/24', 'fd00:81::/64'] },
	{ name: 'back', subnets: ['10.82.0.0/24', 'fd00:82::/64'], internal: true },
	{ name: 'wan', subnets: ['192.0.2.0/24', '2001:db8::/64'] },
]);

function container(id: string, number: number, names: readonly string[], port = ''): ContainerNetwork {
	const own = names.flatMap((name) => networks.find((network) => network.name === name) ?? []);
	const ports = [parsePort(port)].filter((each) => each !== null);
	return { ...bridgeNetwork(id, number, ports, own), namespace: join(folder, 'netns', id) };
}

const web = container('web', 2, ['front'], '8080:80');
const app = container('app', 3, ['back', 'front']);
const db = container('db', 4, ['back']);
const other = container('other', 5, ['side']);
const world = container('world', 6, ['wan']);
const ruled = [web, app, db, other];

function inside({ namespace }: Pick<ContainerNetwork, 'namespace'>, ...command: readonly string[]): string {
	return execFileSync('nsenter', [`--net=${namespace}`, ...command], { encoding: 'utf8', stdio: 'pipe' });
}

function setOnMachine(path: string, value: string): void {
	inside({ namespace: machine }, 'sh', '-c', `echo ${value} > /proc/sys/net/${path}`);
}

async function pings(from: string, address: string, seconds: number): Promise<boolean> {
	const command = ['busybox', 'ping', '-c', '1', '-W', `${seconds}`, address];
	return (await runProgram('nsenter', [`--net=${from}`, ...command])).exitCode === 0;
}

async function reaches(t: ExecutionContext, from: string, ...to: readonly string[]): Promise<void> {
	// A bridge that is new may lose a packet.
	for (const address of to) t.true(await eventually(() => pings(from, address, 10)), address);
}

async function reachesNone(t: ExecutionContext, from: string, ...to: readonly string[]): Promise<void> {
	const reached = await Promise.all(to.map((address) => pings(from, address, 2)));
	t.deepEqual(
		to.filter((_, index) => reached[index]),
		[],
	);
}

/** Returns what the server at a port says; empty when it is not reached. */
async function answer(from: string, address: string, port: number): Promise<string> {
	const command = ['busybox', 'timeout', '3', 'busybox', 'nc', address, `${port}`];
	return (await runProgram('nsenter', [`--net=${from}`, ...command])).stdout.trim();
}

ava.before(async () => {
	mkdirSync(join(folder, 'netns'));
	closeSync(openSync(machine, 'w'));
	native.makeNetworkNamespace(machine);
	inside({ namespace: machine }, 'ip', 'link', 'set', 'lo', 'up');
	for (const each of [...ruled, world]) ensureNetwork(each, native, machine);
	for (const path of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding']) setOnMachine(path, '1');
	setOnMachine('ipv4/conf/br-front/route_localnet', '1');
	// The world knows no way to the containers but the machine's address.
	for (const version of ['-4', '-6']) inside(world, 'ip', version, 'route', 'del', 'default');
	// All serve on the same port.
	for (const [each, text] of [
		[web, 'of web'],
		[app, 'of app'],
		[world, 'of the world'],
	] as const) {
		const command = ['busybox', 'nc', '-ll', '-p', '80', '-e', '/bin/busybox', 'echo', text];
		servers.push(spawn('nsenter', [`--net=${each.namespace}`, ...command], { stdio: 'ignore' }));
		await eventually(async () => (await answer(each.namespace, '127.0.0.1', 80)) === text);
	}
});

ava.after.always(() => {
	for (const server of servers) server.kill('SIGKILL');
	for (const each of [...ruled, world]) removeNetwork(each, native, machine);
	native.umount2(machine, native.constants['MNT_DETACH'] ?? 0);
});

test('without rules a machine that forwards connects all networks', async (t) => {
	await reaches(t, web.namespace, '10.81.0.5', 'fd00:81::5');
	await reaches(t, db.namespace, '10.82.0.1', 'fd00:82::1');
	await reachesNone(t, web.namespace, '192.0.2.6', '2001:db8::6');
});

test('ruleset() is what nft(8) takes, also in place of the one before', (t) => {
	for (const _ of [1, 2]) {
		writeFileSync(join(folder, 'rules'), ruleset(ruled, { version4: false, version6: false }));
		inside({ namespace: machine }, '/usr/sbin/nft', '-f', join(folder, 'rules'));
	}
	t.regex(inside({ namespace: machine }, '/usr/sbin/nft', 'list', 'ruleset'), /chain inward/);
});

test('ruleset() lets a container reach those of its own networks alone', async (t) => {
	await reaches(t, web.namespace, '10.80.0.3', 'fd00:80::3', '10.80.0.1', 'fd00:80::1');
	await reaches(t, app.namespace, '10.80.0.2', 'fd00:80::2', '10.82.0.4', 'fd00:82::4');
	await reaches(t, db.namespace, '10.82.0.3', 'fd00:82::3');
	await reachesNone(t, web.namespace, '10.81.0.5', 'fd00:81::5', '10.82.0.4', 'fd00:82::4', '10.82.0.3');
	await reachesNone(t, other.namespace, '10.80.0.2', 'fd00:80::2', '10.82.0.4', 'fd00:82::4');
	t.is(await answer(app.namespace, '10.80.0.2', 80), 'of web');
	t.is(await answer(web.namespace, '10.80.0.3', 80), 'of app');
	t.is(await answer(other.namespace, '10.80.0.2', 80), '');
	t.is(await answer(other.namespace, '10.81.0.1', 8080), '', 'nor by a published port');
});

test('ruleset() hides containers behind the address of the machine', async (t) => {
	await reaches(t, web.namespace, '192.0.2.6', '2001:db8::6');
	await reaches(t, app.namespace, '192.0.2.6', '2001:db8::6');
	t.is(await answer(other.namespace, '192.0.2.6', 80), 'of the world');
});

test('ruleset() lets nothing out of an internal network, neither to the world nor to the machine, and nothing in', async (t) => {
	const { namespace } = db;
	// Root of a container may do this: it makes the way out that it was not given.
	for (const [version, gateway] of [
		['-4', '10.82.0.1'],
		['-6', 'fd00:82::1'],
	] as const)
		inside(db, 'ip', version, 'route', 'add', 'default', 'via', gateway);
	await reachesNone(
		t,
		namespace,
		'192.0.2.6',
		'2001:db8::6',
		'10.80.0.2',
		'fd00:80::2',
		'10.82.0.1',
		'fd00:82::1',
	);
	await reaches(t, machine, '10.82.0.4', 'fd00:82::4');
	// A member of two networks is no router between them.
	for (const version of ['-4', '-6']) inside(db, 'ip', version, 'route', 'del', 'default');
	inside(db, 'ip', 'route', 'add', 'default', 'via', '10.82.0.3');
	inside(web, 'ip', 'route', 'add', '10.82.0.0/24', 'via', '10.80.0.3');
	await reachesNone(t, namespace, '10.80.0.2', '192.0.2.6');
});

test('ruleset() lets the world reach published ports alone', async (t) => {
	t.is(await answer(world.namespace, '192.0.2.1', 8080), 'of web');
	t.is(await answer(world.namespace, '2001:db8::1', 8080), 'of web');
	t.is(await answer(machine, '127.0.0.1', 8080), 'of web');
	for (const range of ['10.80.0.0/24', '10.82.0.0/24'])
		inside(world, 'ip', 'route', 'add', range, 'via', '192.0.2.1');
	inside(world, 'ip', 'route', 'add', 'fd00:80::/64', 'via', '2001:db8::1');
	await reachesNone(t, world.namespace, '10.80.0.2', 'fd00:80::2', '10.82.0.4');
	t.is(await answer(world.namespace, '10.80.0.3', 80), '');
});
