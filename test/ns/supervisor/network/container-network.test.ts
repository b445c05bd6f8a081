// Networks of containers in real network namespaces. One stands for the machine's, so the machine that tests is not touched.

import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Native } from '../../../../native/native.ts';
import type { ContainerNetwork } from '../../../../supervisor/contract/container-network.ts';
import { defaultNetwork, type Network } from '../../../../supervisor/contract/network-range.ts';
import {
	ensureNetwork,
	NetworkError,
	removeNetwork,
} from '../../../../supervisor/network/container-network.ts';
import { planNetworks } from '../../../../tools/config/networks.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';
import { type Owner, scratchFolder } from '../../../helpers/scratch.ts';

const native = await openAddon();

/** Makes the namespace that stands for the machine's. */
function machineFor(t: Owner & { teardown(work: () => void): void }) {
	const folder = scratchFolder(t);
	const machine = join(folder, 'machine');
	mkdirSync(join(folder, 'netns'));
	closeSync(openSync(machine, 'w'));
	native.makeNetworkNamespace(machine);
	t.teardown(() => native.umount2(machine, native.constants['MNT_DETACH'] ?? 0));
	const network = (id: string, host: number, networks?: readonly Network[]): ContainerNetwork => {
		return { ...bridgeNetwork(id, host, [], networks), namespace: join(folder, 'netns', id) };
	};
	/** Returns what is left of networks: links, files and mounts. */
	const left = () => ({
		links: linksIn(machine),
		files: readdirSync(join(folder, 'netns')),
		mounts: readFileSync('/proc/self/mountinfo', 'utf8').includes(`${folder}/netns/`),
		bridges: existsSync(join(folder, 'netns-bridges')) ? readdirSync(join(folder, 'netns-bridges')) : [],
	});
	return { machine, network, left };
}

const nothing = { links: ['lo'], files: [], mounts: false, bridges: [] };

function inside(namespace: string, ...command: readonly string[]): string {
	return execFileSync('nsenter', [`--net=${namespace}`, ...command], { encoding: 'utf8', stdio: 'pipe' });
}

function linksIn(namespace: string): string[] {
	const lines = inside(namespace, 'busybox', 'ip', '-o', 'link').trim().split('\n');
	return lines.map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? line).toSorted();
}

test('ensureNetwork() connects containers with each other and with the machine, and changes nothing the second time', (t) => {
	const { machine, network, left } = machineFor(t);
	const [web, db] = [network('web', 2), network('db', 3)];
	for (const each of [web, db]) ensureNetwork(each, native, machine);
	const before = inside(web.namespace, 'busybox', 'ip', 'addr');
	for (const each of [web, db]) ensureNetwork(each, native, machine);
	t.is(inside(web.namespace, 'busybox', 'ip', 'addr'), before);
	t.deepEqual(linksIn(machine), ['lo', 'slip-0ad50002', 'slip-0ad50003', 'slip0']);
	t.regex(inside(web.namespace, 'busybox', 'ip', 'route'), /^default via 10\.213\.0\.1 dev eth0/m);
	for (const address of ['127.0.0.1', '10.213.0.2', '10.213.0.3', '10.213.0.1', 'fd5c:1ba7:a710::3']) {
		t.regex(inside(web.namespace, 'busybox', 'ping', '-c', '1', '-W', '5', address), /1 packets received/);
	}
	removeNetwork(web, native, machine);
	t.deepEqual(left(), {
		links: ['lo', 'slip-0ad50003', 'slip0'],
		files: ['db'],
		mounts: true,
		bridges: ['slip0'],
	});
	removeNetwork(db, native, machine);
	removeNetwork(db, native, machine);
	t.deepEqual(left(), nothing);
});

test('removeNetwork() removes each bridge with the last of its containers', (t) => {
	const { machine, network, left } = machineFor(t);
	const [back] = planNetworks([{ name: 'back', internal: true }]).slice(1);
	const networks = back === undefined ? [] : [back, defaultNetwork];
	const [web, db] = [network('web', 2, networks), network('db', 3, networks.slice(0, 1))];
	for (const each of [web, db]) ensureNetwork(each, native, machine);
	t.is(linksIn(machine).length, 6);
	t.regex(inside(web.namespace, 'busybox', 'ip', 'route'), /^default via 10\.213\.0\.1 dev eth1/m);
	t.notRegex(inside(db.namespace, 'busybox', 'ip', 'route'), /default/, 'an internal network has no way out');
	removeNetwork(web, native, machine);
	t.deepEqual(left().bridges, ['br-back']);
	t.is(linksIn(machine).length, 3);
	removeNetwork(db, native, machine);
	t.deepEqual(left(), nothing);
});

test('ensureNetwork() makes a link anew that someone has removed, with the same address and MAC address', (t) => {
	const { machine, network } = machineFor(t);
	const web = network('web', 2);
	ensureNetwork(web, native, machine);
	const shown = () =>
		inside(web.namespace, 'busybox', 'ip', '-o', 'addr', 'show', 'eth0').match(/10\.213\S+/)?.[0];
	inside(machine, 'busybox', 'ip', 'link', 'del', 'slip-0ad50002');
	t.deepEqual(linksIn(web.namespace), ['lo']);
	ensureNetwork(web, native, machine);
	t.is(shown(), '10.213.0.2/16');
	t.regex(inside(web.namespace, 'busybox', 'ip', 'link', 'show', 'eth0'), /02:42:0a:d5:00:02/);
	removeNetwork(web, native, machine);
});

test('ensureNetwork() completes what was cut off after any of its calls', (t) => {
	const { machine, network, left } = machineFor(t);
	const web = network('web', 2);
	let cuts = 0;
	for (; ; cuts += 1) {
		try {
			ensureNetwork(web, failingAfter(cuts), machine);
			break;
		} catch (error) {
			t.true(error instanceof NetworkError);
		}
		// A half of them is completed, the other half is removed.
		if (cuts % 2 === 0) ensureNetwork(web, native, machine);
		removeNetwork(web, native, machine);
		t.deepEqual(left(), nothing, `cut off after ${cuts} calls`);
	}
	t.true(cuts > 10);
	removeNetwork(web, native, machine);
});

test('removeNetwork() leaves nothing after many starts and stops', (t) => {
	const { machine, network, left } = machineFor(t);
	const openBefore = readdirSync('/proc/self/fd').length;
	const rounds = Number(process.env['ROUNDS'] ?? 60);
	for (let round = 0; round < rounds; round += 1) {
		const each = network(`web${round % 3}`, 2 + (round % 3));
		ensureNetwork(each, native, machine);
		removeNetwork(each, native, machine);
	}
	t.deepEqual(left(), nothing);
	t.is(readdirSync('/proc/self/fd').length, openBefore);
});

/** An addon whose calls fail after a number of them. */
function failingAfter(calls: number): Native {
	let made = 0;
	return new Proxy(native, {
		get(target, name: keyof Native) {
			const value = target[name];
			if (typeof value !== 'function') return value;
			return (...args: never[]) => {
				made += 1;
				if (made > calls) throw new Error('cut off');
				return (value as (...args: never[]) => unknown)(...args);
			};
		},
	});
}
