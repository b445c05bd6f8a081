// The networks of containers with `net: bridge` or `networks`: their addresses, names and files. Pure. A container has the address that
// follows from its name, so that it keeps it in the next build of a system, whatever else changes there.

import {
	type ContainerNetwork,
	namespaceFolder,
	type PublishedPort,
} from '../../../supervisor/contract/container-network.ts';
import { hostsFile } from '../../../supervisor/contract/hosts-file.ts';
import { guestPaths } from '../../../supervisor/contract/layout.ts';
import {
	addressesIn,
	firstMember,
	linkTo,
	type Network,
	roomOf,
} from '../../../supervisor/contract/network-range.ts';
import { planNumbers } from '../../../supervisor/contract/number-plan.ts';

export interface Member {
	readonly id: string;
	/** Others find it by its id. */
	readonly isService: boolean;
	/** The names of its networks in their order. */
	readonly networks: readonly string[];
}

export interface NetworkFiles {
	readonly network: ContainerNetwork;
	/** An /etc/hosts (hosts(5)) with the services of the container's networks. */
	readonly hosts: string;
}

/** Returns the path of the file that keeps the network namespace of a container. */
export function namespacePath(id: string): string {
	return `${namespaceFolder(guestPaths)}/${id}`;
}

/** Returns the files of one of the members. */
export function planFiles(
	networks: readonly Network[],
	members: readonly Member[],
): (member: Member, ports: readonly PublishedPort[]) => NetworkFiles {
	const all = new Map(networks.map((network) => [network.name, { network, ...placesIn(network, members) }]));
	return (member, ports) => {
		const own = member.networks.flatMap((name) => all.get(name) ?? []);
		const links = own.map(({ network, numbers }, index) =>
			linkTo(network, numbers.get(member.id) ?? firstMember, `eth${index}`),
		);
		const hosts = own.flatMap(({ network, numbers, services }) =>
			services.map((name) => ({
				name,
				addresses: addressesIn(network, numbers.get(name) ?? firstMember),
			})),
		);
		const network = { namespace: namespacePath(member.id), links, ports };
		// A service that shares two networks has the address in the first.
		return { network, hosts: hostsFile(hosts) };
	};
}

function placesIn(network: Network, members: readonly Member[]) {
	const inside = members.filter(({ networks }) => networks.includes(network.name));
	const services = inside.filter(({ isService }) => isService).map(({ id }) => id);
	const ids = inside.map(({ id }) => id);
	return { services, numbers: planNumbers(ids, { first: firstMember, count: roomOf(network) }) };
}
