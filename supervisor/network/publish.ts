// Loads the rules that publish ports of containers and let them reach others under the machine's address, by the program nft(8) of the
// package `nftables`. A system without it has no rules: its containers reach each other and the machine.

import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { bundleFolders } from '../bundle/bundle.ts';
import type { ChildProcesses } from '../context/child-processes.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import type { ContainerNetwork } from '../contract/container-network.ts';
import { childEnvironment, type GuestPaths } from '../contract/layout.ts';
import { ensureBridges } from './container-network.ts';
import { readNetwork } from './read-network.ts';
import { ruleset } from './ruleset.ts';

/** Where the kernel's settings of networks are. */
const settingsFolder = '/proc/sys/net/ipv4';

/**
 * Loads the rules for all services. Idempotent. Throws when a service has ports that cannot be published, or nft(8) refuses the rules.
 *
 * @param settings - /proc/sys/net/ipv4
 */
export async function publishPorts(
	{ native, children }: Pick<SupervisorContext, 'native' | 'children'>,
	paths: GuestPaths,
	settings = settingsFolder,
): Promise<void> {
	const networks = serviceNetworks(paths);
	if (networks.length === 0) return;
	if (!existsSync(paths.nft)) {
		const published = networks.flatMap(({ ports }) => ports);
		if (published.length === 0) return;
		throw new Error(`ports need ${paths.nft}, which slipway/nftables:v1 in "init" has`);
	}
	const bridges = networks.flatMap(({ links }) => links.map(({ bridge }) => bridge));
	ensureBridges(bridges, native);
	const file = join(paths.state, 'rules.nft');
	await load(ruleset(networks, isClosed(file, settings)), file, paths, children);
	for (const { name } of bridges) set(`${settings}/conf/${name}/route_localnet`);
	set(`${settings}/ip_forward`);
}

function serviceNetworks(paths: GuestPaths): ContainerNetwork[] {
	return bundleFolders(join(paths.containers, 'services')).flatMap((folder) => {
		try {
			return readNetwork(folder) ?? [];
		} catch {
			// The service reports it at its start.
			return [];
		}
	});
}

/** A machine that forwards packets before the first rules were loaded is meant to be a router. */
function isClosed(file: string, settings: string): boolean {
	if (existsSync(file)) return /^\s*drop$/m.test(readFileSync(file, 'utf8'));
	return readFileSync(`${settings}/ip_forward`, 'utf8').trim() === '0';
}

async function load(rules: string, file: string, paths: GuestPaths, children: ChildProcesses): Promise<void> {
	const [fresh, errors] = [`${file}.new`, `${file}.errors`];
	makeFolder(paths.state);
	writeFileSync(fresh, rules);
	const nullFd = openSync('/dev/null', 'r+');
	const errorsFd = openSync(errors, 'w', 0o600);
	let child: ReturnType<ChildProcesses['start']>;
	try {
		const stdio = [nullFd, nullFd, errorsFd] as const;
		child = children.start({ path: paths.nft, args: ['nft', '-f', fresh], env: childEnvironment, stdio });
	} finally {
		for (const fd of [nullFd, errorsFd]) closeSync(fd);
	}
	const { exitCode } = await child.exited;
	if (exitCode !== 0) {
		const reason = readFileSync(errors, 'utf8').trim().split('\n', 1)[0] ?? '';
		throw new Error(`nft refuses ${fresh}: ${reason === '' ? `exit code ${exitCode}` : reason}`);
	}
	renameSync(fresh, file);
}

/** Only what differs is written: /proc/sys may be read-only where a system is tried. */
function set(path: string): void {
	if (readFileSync(path, 'utf8').trim() !== '1') writeFileSync(path, '1');
}
