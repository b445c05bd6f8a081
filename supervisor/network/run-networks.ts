// The networks of containers of `service run`: one more member of a network that services have, or of that of `net: bridge`, with a free
// address. What one has is in a file, in the form of a bundle's, so that a PID 1 after a crash keeps it and its rules.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { removeStateFile, writeStateFile } from '../context/state-file.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type Bridge, type ContainerNetwork, namespaceFolder } from '../contract/container-network.ts';
import { bundlePath, type GuestPaths, stateFiles } from '../contract/layout.ts';
import { bridgeName, bridgeOf, defaultNetwork } from '../contract/network-range.ts';
import { ensureNetwork, NetworkError, removeNetwork } from './container-network.ts';
import { freeLink } from './free-link.ts';
import { allNetworks, readNetworks } from './read-network.ts';
import { renewHosts } from './service-hosts.ts';

/** What a container gets of its network. */
export interface RunNetwork {
	/** The file that keeps the network namespace. */
	readonly namespace: string;
	/** The file that is its /etc/hosts; null when it can't be written. */
	readonly hosts: string | null;
}

export interface RunNetworks {
	/** Returns the bridge of a network; null when there is none of that name. */
	find(network: string): Bridge | null;
	/** Makes the network of a container. Throws `NetworkError`, and nothing is left then. */
	open(name: string, bridge: Bridge): Promise<RunNetwork>;
	/** Removes it. Idempotent; never throws. */
	close(name: string): void;
}

/** @param loadRules - loads the rules of all networks that there are now. Throws `NetworkError` */
export function createRunNetworks(
	{ native }: Pick<SupervisorContext, 'native'>,
	paths: GuestPaths,
	loadRules: () => Promise<void>,
): RunNetworks {
	const fileOf = (name: string): string => bundlePath(`${stateFiles(paths).runs}/${name}`, 'network');
	const networks = (): ContainerNetwork[] => allNetworks(paths);

	function close(name: string): void {
		const found = readNetworks(stateFiles(paths).runs).find((each) => each.name === name);
		if (found !== undefined) removeNetwork(found.network, native);
		// After it, so that a PID 1 after a crash removes what is left.
		removeStateFile(fileOf(name));
		// Also of one without a network: an earlier PID 1 may have removed that alone.
		renewHosts(paths);
		if (found === undefined) return;
		// Its addresses are no longer anybody's.
		loadRules().catch(() => undefined);
	}

	return {
		find(name) {
			const wanted = bridgeName(name);
			const bridges = networks().flatMap(({ links }) => links.map(({ bridge }) => bridge));
			const found = bridges.find((bridge) => bridge.name === wanted);
			return found ?? (name === defaultNetwork.name ? bridgeOf(defaultNetwork) : null);
		},
		async open(name, bridge) {
			// Only the rules keep it from the addresses of services.
			if (!existsSync(paths.nft))
				throw new NetworkError(
					'keep it from the addresses of others',
					new Error(`there is no ${paths.nft}, which slipway/nftables:v1 in "init" has`),
				);
			const link = freeLink(name, bridge, networks());
			if (link === null)
				throw new NetworkError(
					'give it an address',
					new Error(`the network of ${bridge.name} has no free one`),
				);
			// No container of a bundle has a name with a colon.
			const namespace = join(namespaceFolder(paths), `run:${name}`);
			const network: ContainerNetwork = { namespace, links: [link], ports: [] };
			if (!writeStateFile(fileOf(name), network))
				throw new NetworkError('note its address', new Error(`${fileOf(name)} can't be written`));
			try {
				await loadRules();
				if (!existsSync(fileOf(name)))
					throw new NetworkError('make its network', new Error('it was stopped'));
				ensureNetwork(network, native);
			} catch (error) {
				close(name);
				throw error;
			}
			return { namespace, hosts: renewHosts(paths).get(name) ?? null };
		},
		close,
	};
}

/**
 * Throws `NetworkError` when a container of `service run` has an address of a service, which got it from a bundle that came later: making the
 * service's link would take that of the other one away.
 */
export function refuseTaken({ links }: ContainerNetwork, paths: Pick<GuestPaths, 'state'>): void {
	for (const { name, network } of readNetworks(stateFiles(paths).runs)) {
		const taken = links.find(({ hostName }) => network.links.some((each) => each.hostName === hostName));
		if (taken === undefined) continue;
		const [address = ''] = taken.addresses;
		throw new NetworkError(
			`have its address ${address}`,
			new Error(`run/${name} has it. Wait for its end, or: service stop ${name}`),
		);
	}
}
