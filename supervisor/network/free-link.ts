// Finds a free address in the network of a bridge. Pure.

import { type PrefixedAddress, parsePrefixedAddress } from '../../native/text/ip-address.ts';
import type { Bridge, ContainerNetwork, NetworkLink } from '../contract/container-network.ts';
import { firstMember, linkTo, mostMembers, type Network, roomOf } from '../contract/network-range.ts';
import { freeNumber } from '../contract/number-plan.ts';

/** Returns the link of one more member, at the address that follows from its name where that is free; null when the network is full. */
export function freeLink(
	name: string,
	bridge: Bridge,
	networks: readonly ContainerNetwork[],
): NetworkLink | null {
	const network = networkOf(bridge);
	if (network === null) return null;
	const links = networks.flatMap((each) => each.links.filter((link) => link.bridge.name === bridge.name));
	const taken = new Set(links.map(({ addresses }) => numberOf(addresses, network)));
	if (taken.size >= mostMembers) return null;
	const number = freeNumber(name, taken, { first: firstMember, count: roomOf(network) });
	return number === null ? null : linkTo(network, number, 'eth0');
}

/** The ranges in which the machine has the bridge's addresses. */
function networkOf({ name, addresses, internal }: Bridge): Network | null {
	const [version4, version6] = addresses.map(parsePrefixedAddress);
	if (version4 == null || version6 == null) return null;
	return { name, bridge: name, internal, version4: rangeOf(version4), version6: rangeOf(version6) };
}

function rangeOf({ address, prefixLength }: PrefixedAddress): PrefixedAddress {
	const first = address.map((byte, index) => {
		const own = Math.min(Math.max(prefixLength - index * 8, 0), 8);
		return byte & (0xff << (8 - own));
	});
	return { address: first, prefixLength };
}

function numberOf([first = '']: readonly string[], { version4 }: Network): number {
	const value = (address: Uint8Array): number => Buffer.from(address).readUInt32BE(0);
	const own = parsePrefixedAddress(first)?.address;
	return own?.length === 4 ? value(own) - value(version4.address) : 0;
}
