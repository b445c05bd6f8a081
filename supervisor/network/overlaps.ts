// Tells when the machine has an address, by DHCP maybe, in a range that is a bridge's: what the kernel sends there goes to one of the two.

import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { overlap, parsePrefixedAddress } from '../../native/text/ip-address.ts';
import type { Log } from '../context/log.ts';
import type { Bridge } from '../contract/container-network.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import { hostNamePrefix } from '../contract/network-range.ts';
import { parseAddresses } from './link-addresses.ts';
import { readNetworks } from './read-network.ts';

/** Containers that start bring many new addresses. */
const settleMs = 500;
const maxMessageBytes = 8192;

type OverlapNative = Pick<Native, 'openAddressSocket' | 'readAvailable' | 'watchReadable'>;

/**
 * Returns what compares the addresses that there are now, and from then on those that come when there are bridges. It tells an overlap once,
 * and again only when that was gone meanwhile.
 *
 * @param interfaces - returns those of the machine
 */
export function createOverlapReport(
	{ native, log }: { readonly native: OverlapNative; readonly log: Pick<Log, 'warn'> },
	paths: Pick<GuestPaths, 'containers' | 'state'>,
	interfaces = networkInterfaces,
): () => void {
	let told: ReadonlySet<string> = new Set();
	let isWatching = false;
	let isSettling = false;

	function report(): void {
		const bridges = [join(paths.containers, 'services'), stateFiles(paths).runs]
			.flatMap(readNetworks)
			.flatMap(({ network }) => network.links.map(({ bridge }) => bridge));
		if (bridges.length > 0 && !isWatching) watch();
		const problems = new Set(overlapProblems(bridges, interfaces()));
		for (const problem of problems.difference(told)) log.warn({ stage: 'services' }, problem);
		told = problems;
	}

	function watch(): void {
		isWatching = true;
		try {
			const fd = native.openAddressSocket();
			native.watchReadable(fd, () => {
				drain(native, fd);
				if (isSettling) return;
				isSettling = true;
				setTimeout(() => {
					isSettling = false;
					report();
				}, settleMs).unref();
			});
		} catch (error) {
			log.warn(
				{ stage: 'services' },
				`overlaps of networks with new addresses are not told: ${errorMessage(error)}`,
			);
		}
	}
	return report;
}

/** Which address is new does not matter: all are compared. */
function drain(native: OverlapNative, fd: number): void {
	try {
		while (native.readAvailable(fd, maxMessageBytes) !== null);
	} catch {
		// Some were lost (ENOBUFS).
	}
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
