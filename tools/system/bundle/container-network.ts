// The networks of containers with `net: bridge`: their addresses, names and files. Pure. A container has the address that
// follows from its name, so that it keeps it in the next build of a system, whatever else changes there.

import { createHash } from 'node:crypto';
import {
	type Bridge,
	type ContainerNetwork,
	namespaceFolder,
	type PublishedPort,
} from '../../../supervisor/contract/container-network.ts';
import { guestPaths } from '../../../supervisor/contract/layout.ts';

/** The word of `net` in the YAML. */
export const bridgeWord = 'bridge';

/** The ranges are private (RFC 1918, RFC 4193) and used by no other common tool; the machine has the first address of each. */
const range = { prefix4: '10.213', length4: 16, prefix6: 'fd5c:1ba7:a710::', length6: 64 } as const;
const hosts = { first: 2, count: 2 ** 16 - 3 } as const;

const bridge: Bridge = { name: 'slip0', addresses: addressesOf(1) };

const localNames = `127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
`;

/** Returns the path of the file that keeps the network namespace of a container. */
export function namespacePath(id: string): string {
	return `${namespaceFolder(guestPaths)}/${id}`;
}

/**
 * Returns the number of each container in the range. Where two names lead to one number, the name that comes later in the
 * alphabet gets the next free one.
 */
export function planHosts(ids: readonly string[]): ReadonlyMap<string, number> {
	const taken = new Set<number>();
	const plan = new Map<string, number>();
	for (const id of [...new Set(ids)].sort()) {
		let offset = hashOf(id) % hosts.count;
		while (taken.has(offset)) offset = (offset + 1) % hosts.count;
		taken.add(offset);
		plan.set(id, hosts.first + offset);
	}
	return plan;
}

function hashOf(id: string): number {
	return createHash('sha256').update(id).digest().readUInt32BE(0);
}

/** @param host - the container's number, from `planHosts()` */
export function networkOf(id: string, host: number, ports: readonly PublishedPort[] = []): ContainerNetwork {
	const addresses = addressesOf(host);
	const hostName = `slip-${host.toString(16)}`;
	return { namespace: namespacePath(id), links: [{ name: 'eth0', hostName, addresses, bridge }], ports };
}

function addressesOf(host: number): readonly string[] {
	const { prefix4, length4, prefix6, length6 } = range;
	return [`${prefix4}.${host >> 8}.${host & 0xff}/${length4}`, `${prefix6}${host.toString(16)}/${length6}`];
}

/** Returns an /etc/hosts (hosts(5)) with the services of the network. */
export function hostsFile(services: readonly string[], plan: ReadonlyMap<string, number>): string {
	const lines = services.flatMap((name) => {
		const host = plan.get(name);
		return host === undefined
			? []
			: addressesOf(host).map((address) => `${address.replace(/\/.*/, '')} ${name}\n`);
	});
	return `${localNames}${lines.join('')}`;
}
