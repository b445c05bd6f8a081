// Tells when the machine has an address, by DHCP maybe, in a range that is a bridge's: what the kernel sends there goes to one of the two.

import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { overlap, parsePrefixedAddress } from '../../native/text/ip-address.ts';
import type { Log } from '../context/log.ts';
import type { Bridge } from '../contract/container-network.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import { hostNamePrefix } from '../contract/network-range.ts';
import { parseAddresses } from './link-addresses.ts';
import { readNetworks } from './read-network.ts';

export function reportOverlaps(paths: GuestPaths, log: Log): void {
	const bridges = [join(paths.containers, 'services'), stateFiles(paths).runs]
		.flatMap(readNetworks)
		.flatMap(({ network }) => network.links.map(({ bridge }) => bridge));
	if (bridges.length === 0) return;
	for (const problem of overlapProblems(bridges, networkInterfaces()))
		log.warn({ stage: 'services' }, problem);
}

/** Returns a sentence for each. @param interfaces - of the machine, the bridges among them */
export function overlapProblems(
	bridges: readonly Bridge[],
	interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): readonly string[] {
	const byName = new Map(bridges.map((bridge) => [bridge.name, bridge]));
	const others = Object.entries(interfaces).filter(
		([name]) => !byName.has(name) && !name.startsWith(hostNamePrefix),
	);
	return others.flatMap(([name, addresses = []]) =>
		addresses.flatMap(({ cidr }) => {
			const own = cidr === null ? null : parsePrefixedAddress(cidr);
			const bridge =
				own === null
					? undefined
					: [...byName.values()].find((each) =>
							parseAddresses(each.addresses).some((range) => overlap(range, own)),
						);
			if (bridge === undefined) return [];
			return [
				`the network of ${name} (${cidr}) and that of the bridge ${bridge.name} (${bridge.addresses.join(', ')}) overlap: ` +
					'some addresses there are not reached. Give the network of the services other "subnets" in the YAML',
			];
		}),
	);
}
