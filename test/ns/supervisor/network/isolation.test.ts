// The rules of networks (ruleset.ts) in the kernel, loaded by nft(8): who reaches whom. A network namespace stands for the machine, so the
// one that tests is not touched; one on a bridge of which the rules know nothing stands for the world outside.

import { type ChildProcess, spawn } from 'node:child_process';
import ava, { type ExecutionContext } from 'ava';
import type { ContainerNetwork } from '../../../../supervisor/contract/container-network.ts';
import { planNetworks } from '../../../../tools/config/networks.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { runProgram } from '../../../helpers/program.ts';
import { answer, hears, inside, openNetworkLab, pings } from './network-lab.ts';

const test = ava.serial;
const servers: ChildProcess[] = [];

const lab = openNetworkLab(
	planNetworks([
		{ name: 'front', subnets: ['10.80.0.0/24', 'fd00:80::/64'] },
		{ name: 'side', subnets: ['10.81.0.0/24', 'fd00:81::/64'] },
		{ name: 'back', subnets: ['10.82.0.0/24', 'fd00:82::/64'], internal: true },
		{ name: 'lan', subnets: ['198.51.100.0/24'] },
		{ name: 'wan', subnets: ['192.0.2.0/24', '2001:db8::/64'] },
	]),
);
const { machine } = lab;

const web = lab.container(
	'web',
	2,
	['front'],
	'8080:80',
	'127.0.0.1:8081:80',
	'192.0.2.1:8082:80',
	'5353:53/udp',
);
const app = lab.container('app', 3, ['back', 'front']);
const db = lab.container('db', 4, ['back']);
const other = lab.container('other', 5, ['side']);
const world = lab.outsider('world', 6, 'wan');
const neighbour = lab.outsider('neighbour', 7, 'lan');
const ruled = [web, app, db, other];

type Place = Pick<ContainerNetwork, 'namespace'>;

async function reaches(t: ExecutionContext, from: Place, ...to: readonly string[]): Promise<void> {
	// A bridge that is new may lose a packet.
	for (const address of to) t.true(await eventually(() => pings(from, address, 10)), address);
}

async function reachesNone(t: ExecutionContext, from: Place, ...to: readonly string[]): Promise<void> {
	const reached = await Promise.all(to.map((address) => pings(from, address, 2)));
	t.deepEqual(
		to.filter((_, index) => reached[index]),
		[],
	);
}

/** Serves each connection by a program of busybox. */
function serve({ namespace }: Place, port: number, ...program: readonly string[]): void {
	const command = ['busybox', 'nc', '-ll', '-p', `${port}`, '-e', '/bin/busybox', ...program];
	servers.push(spawn('nsenter', [`--net=${namespace}`, ...command], { stdio: 'ignore' }));
}

ava.before(async () => {
	lab.make(...ruled, world, neighbour);
	for (const path of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding']) lab.set(path, '1');
	lab.set('ipv4/conf/br-front/route_localnet', '1');
	// The world knows no way to the containers but the machine's address.
	for (const version of ['-4', '-6']) inside(world, 'ip', version, 'route', 'del', 'default');
	// All serve on the same port.
	for (const [each, port, text] of [
		[web, 80, 'of web'],
		[app, 80, 'of app'],
		[world, 80, 'of the world'],
		[world, 8080, 'of the world'],
	] as const) {
		serve(each, port, 'echo', text);
		await hears(each, '127.0.0.1', port, text);
	}
	serve(world, 81, 'wc', '-c');
});

ava.after.always(() => {
	for (const server of servers) server.kill('SIGKILL');
	lab.close();
});

test('without rules a machine that forwards connects all networks', async (t) => {
	await reaches(t, web, '10.81.0.5', 'fd00:81::5');
	await reaches(t, db, '10.82.0.1', 'fd00:82::1');
	await reachesNone(t, web, '192.0.2.6', '2001:db8::6');
});

test('ruleset() is what nft(8) takes, also in place of the one before', (t) => {
	for (const _ of [1, 2]) lab.loadRules(ruled);
	t.regex(inside(machine, '/usr/sbin/nft', 'list', 'ruleset'), /chain inward/);
});

test('ruleset() lets a container reach those of its own networks alone', async (t) => {
	await reaches(t, web, '10.80.0.3', 'fd00:80::3', '10.80.0.1', 'fd00:80::1');
	await reaches(t, app, '10.80.0.2', 'fd00:80::2', '10.82.0.4', 'fd00:82::4');
	await reaches(t, db, '10.82.0.3', 'fd00:82::3');
	await reachesNone(t, web, '10.81.0.5', 'fd00:81::5', '10.82.0.4', 'fd00:82::4', '10.82.0.3');
	await reachesNone(t, other, '10.80.0.2', 'fd00:80::2', '10.82.0.4', 'fd00:82::4');
	t.true(await hears(app, '10.80.0.2', 80, 'of web'));
	t.true(await hears(web, '10.80.0.3', 80, 'of app'));
	t.is(await answer(other, '10.80.0.2', 80), '');
	t.is(await answer(other, '10.81.0.1', 8080), '', 'nor by a published port');
});

test('ruleset() hides containers behind the address of the machine', async (t) => {
	await reaches(t, web, '192.0.2.6', '2001:db8::6');
	await reaches(t, app, '192.0.2.6', '2001:db8::6');
	t.true(await hears(other, '192.0.2.6', 80, 'of the world'));
});

test('ruleset() lets nothing out of an internal network, neither to the world nor to the machine, and nothing in', async (t) => {
	// Root of a container may do this: it makes the way out that it was not given.
	for (const [version, gateway] of [
		['-4', '10.82.0.1'],
		['-6', 'fd00:82::1'],
	] as const)
		inside(db, 'ip', version, 'route', 'add', 'default', 'via', gateway);
	const outside = ['192.0.2.6', '2001:db8::6', '10.80.0.2', 'fd00:80::2'];
	const ownOfMachine = ['10.82.0.1', 'fd00:82::1', '192.0.2.1', '2001:db8::1', '10.80.0.1'];
	await reachesNone(t, db, ...outside, ...ownOfMachine);
	await reaches(t, machine, '10.82.0.4', 'fd00:82::4');
	// A member of two networks is no router between them.
	for (const version of ['-4', '-6']) inside(db, 'ip', version, 'route', 'del', 'default');
	inside(db, 'ip', 'route', 'add', 'default', 'via', '10.82.0.3');
	inside(web, 'ip', 'route', 'add', '10.82.0.0/24', 'via', '10.80.0.3');
	await reachesNone(t, db, '10.80.0.2', '192.0.2.6');
});

test('ruleset() lets the world reach published ports alone', async (t) => {
	t.true(await hears(world, '192.0.2.1', 8080, 'of web'));
	t.true(await hears(world, '2001:db8::1', 8080, 'of web'));
	t.true(await hears(machine, '127.0.0.1', 8080, 'of web'));
	for (const range of ['10.80.0.0/24', '10.82.0.0/24'])
		inside(world, 'ip', 'route', 'add', range, 'via', '192.0.2.1');
	inside(world, 'ip', 'route', 'add', 'fd00:80::/64', 'via', '2001:db8::1');
	await reachesNone(t, world, '10.80.0.2', 'fd00:80::2', '10.82.0.4');
	t.is(await answer(world, '10.80.0.3', 80), '');
});

test('ruleset() publishes ports of UDP, and those of one address there alone', async (t) => {
	const node = (from: Place, script: string): [string, readonly string[]] => [
		'nsenter',
		[
			`--net=${from.namespace}`,
			process.execPath,
			'-e',
			`const socket = require('node:dgram').createSocket('udp4');${script}`,
		],
	];
	const answers =
		"socket.on('message', (bytes, from) => socket.send('got ' + bytes, from.port, from.address)).bind(53)";
	servers.push(spawn(...node(web, answers), { stdio: 'ignore' }));
	const asks =
		"socket.on('message', (text) => { console.log(`${text}`); process.exit() }).send('ask', 5353, '192.0.2.1'); setTimeout(process.exit, 1000)";
	const answered = async () => (await runProgram(...node(world, asks))).stdout.trim() || null;
	t.is(await eventually(answered), 'got ask');
	t.true(await hears(world, '192.0.2.1', 8082, 'of web'));
	t.is(await answer(machine, '127.0.0.1', 8082), '');
	t.true(await hears(machine, '127.0.0.1', 8081, 'of web'));
	t.is(await answer(world, '192.0.2.1', 8081), '');
});

test('a container reaches neither itself nor a neighbour by a published port', async (t) => {
	const ways = [web, app].flatMap((from) =>
		['192.0.2.1', '10.80.0.1', '2001:db8::1'].map(async (address) => await answer(from, address, 8080)),
	);
	t.deepEqual(await Promise.all(ways), Array(6).fill(''));
});

/** Returns what counts the packets that a container receives. */
function countIn(place: Place, packets: string): () => number {
	const nft = (...words: readonly string[]) => inside(place, '/usr/sbin/nft', ...words);
	const table = ['table', 'ip', 'counted'];
	nft('add', ...table);
	nft('flush', ...table);
	nft('add', 'chain', 'ip', 'counted', 'inward', '{ type filter hook input priority 0; }');
	nft('add', 'rule', 'ip', 'counted', 'inward', packets, 'counter');
	return () => Number(/packets (\d+)/.exec(nft('list', ...table))?.[1]);
}

test('loopback escape: a neighbour of the machine does not reach a port that is published at 127.0.0.1', async (t) => {
	// For it 127.0.0.1 is a machine outside, as for a program with a raw socket.
	inside(world, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet');
	for (const range of ['127.0.0.0/8', '127.0.0.1'])
		inside(world, 'ip', 'route', 'del', 'local', range, 'dev', 'lo', 'table', 'local');
	inside(world, 'ip', 'route', 'add', '127.0.0.1', 'via', '192.0.2.1');
	const count = countIn(web, 'ip saddr 192.0.2.6 tcp dport 80');
	t.is(await answer(world, '127.0.0.1', 8081), '');
	t.is(count(), 0);
	t.true(await hears(world, '192.0.2.1', 8080, 'of web'));
	t.true(count() > 0);
});

test('source spoofing: a neighbour of the machine reaches no container as one of them, also if that is a router', async (t) => {
	lab.loadRules(ruled, true);
	inside(world, 'ip', 'addr', 'add', '10.80.0.3/32', 'dev', 'eth0');
	const count = countIn(web, 'ip saddr 10.80.0.3 icmp type echo-request');
	t.false(await pings(world, '10.80.0.2', 1, '-I', '10.80.0.3'));
	t.is(count(), 0);
	t.true(await pings(app, '10.80.0.2', 5));
	t.is(count(), 1);
});

test('what passes through a machine that is a router keeps its destination, also at a published port', async (t) => {
	lab.loadRules(ruled, true);
	inside(world, 'ip', 'route', 'add', '198.51.100.0/24', 'via', '192.0.2.1');
	t.true(await hears(neighbour, '198.51.100.1', 8080, 'of web'));
	t.true(await hears(neighbour, '192.0.2.6', 8080, 'of the world'));
	lab.loadRules(ruled);
	t.is(await answer(neighbour, '192.0.2.6', 8080), '', 'it is no router any more');
});

test('a container sends much through a link of the machine with a smaller MTU', async (t) => {
	inside(machine, 'ip', 'link', 'set', 'br-wan', 'mtu', '1280');
	const line = 'busybox head -c 300000 /dev/zero | busybox timeout 20 busybox nc 192.0.2.6 81';
	t.is(inside(web, 'sh', '-c', line).trim(), '300000');
});

test('published ports and the way out follow the address of the machine', async (t) => {
	inside(machine, 'ip', 'addr', 'del', '192.0.2.1/24', 'dev', 'br-wan');
	inside(machine, 'ip', 'addr', 'add', '192.0.2.9/24', 'dev', 'br-wan');
	t.true(await hears(world, '192.0.2.9', 8080, 'of web'));
	t.is(await answer(world, '192.0.2.9', 8082), '', 'that of the address which is gone');
	await reaches(t, web, '192.0.2.6');
});
