// Network namespaces for tests of networks: one stands for the machine, so that the one that tests is not touched, and one for each container.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerNetwork } from '../../../../supervisor/contract/container-network.ts';
import type { Network } from '../../../../supervisor/contract/network-range.ts';
import { ensureNetwork, removeNetwork } from '../../../../supervisor/network/container-network.ts';
import { ruleset } from '../../../../supervisor/network/ruleset.ts';
import { parsePort } from '../../../../tools/config/ports.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

type Place = Pick<ContainerNetwork, 'namespace'>;

export interface NetworkLab {
	readonly machine: Place;
	/** Plans a container with a number in its networks; `make` makes it. */
	container(
		id: string,
		number: number,
		networks: readonly string[],
		...ports: readonly string[]
	): ContainerNetwork;
	/** A machine outside: the rules know nothing of its link. */
	outsider(id: string, number: number, network: string): ContainerNetwork;
	make(...networks: readonly ContainerNetwork[]): void;
	/** Sets a value of /proc/sys/net on the machine. */
	set(path: string, value: string): void;
	loadRules(networks: readonly ContainerNetwork[], isRouter?: boolean): void;
	/** Removes what was made. */
	close(): void;
}

const native = await openAddon();

export function openNetworkLab(networks: readonly Network[]): NetworkLab {
	const folder = scratchFolder();
	const machine = { namespace: join(folder, 'machine') };
	const made: ContainerNetwork[] = [];
	mkdirSync(join(folder, 'netns'));
	closeSync(openSync(machine.namespace, 'w'));
	native.makeNetworkNamespace(machine.namespace);
	inside(machine, 'ip', 'link', 'set', 'lo', 'up');
	const lab: NetworkLab = {
		machine,
		outsider(id, number, name) {
			const { links, ...rest } = lab.container(id, number, [name]);
			return { ...rest, links: links.map((link) => ({ ...link, hostName: `out-${number}` })) };
		},
		container(id, number, names, ...ports) {
			const own = names.flatMap((name) => networks.find((network) => network.name === name) ?? []);
			const published = ports.map(parsePort).filter((each) => each !== null);
			return { ...bridgeNetwork(id, number, published, own), namespace: join(folder, 'netns', id) };
		},
		make(...all) {
			for (const network of all) {
				made.push(network);
				ensureNetwork(network, native, machine.namespace);
			}
		},
		set: (path, value) => void inside(machine, 'sh', '-c', `echo ${value} > /proc/sys/net/${path}`),
		loadRules(ruled, isRouter = false) {
			writeFileSync(join(folder, 'rules'), ruleset(ruled, { version4: isRouter, version6: isRouter }));
			inside(machine, '/usr/sbin/nft', '-f', join(folder, 'rules'));
		},
		close() {
			for (const network of made) removeNetwork(network, native, machine.namespace);
			native.umount2(machine.namespace, native.constants['MNT_DETACH'] ?? 0);
		},
	};
	return lab;
}

/** Runs a program in a network namespace, with all that root may do there, and returns what it prints. */
export function inside({ namespace }: Place, ...command: readonly string[]): string {
	return execFileSync('nsenter', [`--net=${namespace}`, ...command], { encoding: 'utf8', stdio: 'pipe' });
}

/** @param words - more options of ping(1) */
export async function pings(
	{ namespace }: Place,
	address: string,
	seconds: number,
	...words: readonly string[]
): Promise<boolean> {
	const command = ['busybox', 'ping', '-c', '1', '-W', `${seconds}`, ...words, address];
	return (await runProgram('nsenter', [`--net=${namespace}`, ...command])).exitCode === 0;
}

/** Returns what the server at a port says; empty when it is not reached. */
export async function answer(
	{ namespace }: Place,
	address: string,
	port: number,
	...words: readonly string[]
): Promise<string> {
	const command = ['busybox', 'timeout', '3', 'busybox', 'nc', ...words, address, `${port}`];
	return (await runProgram('nsenter', [`--net=${namespace}`, ...command])).stdout.trim();
}

/** Waits until the server at a port says a text: a busy host takes longer than one attempt. */
export async function hears(from: Place, address: string, port: number, text: string): Promise<boolean> {
	return await eventually(async () => (await answer(from, address, port)) === text, {
		what: `"${text}" from ${address} at port ${port}`,
	});
}
