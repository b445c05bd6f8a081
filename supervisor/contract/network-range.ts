// The ranges of addresses of a bridge and the addresses in them. Pure. Each member of a network has a number; its addresses are
// the first ones of both ranges plus that number.

import { addressText, type PrefixedAddress } from '../../native/text/ip-address.ts';
import type { Bridge, NetworkLink } from './container-network.ts';

export interface Network {
	/** As `networks` has it. */
	readonly name: string;
	/** The name of the bridge. */
	readonly bridge: string;
	/** Its members reach each other alone. */
	readonly internal: boolean;
	/** The first address of each range, without bits behind the prefix. */
	readonly version4: PrefixedAddress;
	readonly version6: PrefixedAddress;
}

/** The network of `net: bridge`. The ranges are private (RFC 1918, RFC 4193) and used by no other common tool. */
export const defaultNetwork: Network = {
	name: 'bridge',
	bridge: 'slip0',
	internal: false,
	version4: { address: Uint8Array.of(10, 213, 0, 0), prefixLength: 16 },
	version6: { address: privateRange(0), prefixLength: 64 },
};

/** Returns the name of the bridge of a network. */
export function bridgeName(network: string): string {
	return network === defaultNetwork.name ? defaultNetwork.bridge : `br-${network}`;
}

/** Begins the names of the links that are ports of bridges. */
export const hostNamePrefix = 'slip-';
/** The machine has the first address of each range, on the bridge. */
const machineNumber = 1;
export const firstMember = 2;
/** A bridge of the kernel has at most 1023 ports, numbered from 1 (BR_MAX_PORTS in net/bridge/br_private.h). */
export const mostMembers = 1023;
/** A number has 16 bits, whatever the range would have room for. */
const mostNumbers = 2 ** 16;

/** Returns the first address of a range of IPv6 with 64 bits: fd5c:1ba7:a710:NUMBER::. */
export function privateRange(number: number): Uint8Array {
	return Uint8Array.of(
		0xfd,
		0x5c,
		0x1b,
		0xa7,
		0xa7,
		0x10,
		number >> 8,
		number & 0xff,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
	);
}

/** Returns how many members a network has room for. The last address of a range is for all of it (broadcast). */
export function roomOf({ version4 }: { readonly version4: Pick<PrefixedAddress, 'prefixLength'> }): number {
	return Math.min(2 ** (32 - version4.prefixLength), mostNumbers) - firstMember - 1;
}

/** Returns `ADDRESS/PREFIX-LENGTH` of IPv4, then of IPv6. */
export function addressesIn({ version4, version6 }: Network, number: number): readonly string[] {
	return [version4, version6].map((range) => {
		return `${addressText(addressAt(range, number))}/${range.prefixLength}`;
	});
}

/** Returns the link of a member. @param name - of the interface in the container: `eth0` */
export function linkTo(network: Network, number: number, name: string): NetworkLink {
	const hex = Buffer.from(addressAt(network.version4, number)).toString('hex');
	// Ranges do not overlap, so no other link of the machine has this name.
	return {
		name,
		hostName: `${hostNamePrefix}${hex}`,
		addresses: addressesIn(network, number),
		bridge: bridgeOf(network),
	};
}

export function bridgeOf(network: Network): Bridge {
	const { bridge: name, internal } = network;
	return { name, internal, addresses: addressesIn(network, machineNumber) };
}

function addressAt({ address }: PrefixedAddress, number: number): Uint8Array {
	const bytes = Uint8Array.from(address);
	let rest = number;
	for (let index = bytes.length - 1; index >= 0 && rest > 0; index -= 1) {
		rest += bytes[index] ?? 0;
		bytes[index] = rest & 0xff;
		rest >>= 8;
	}
	return bytes;
}
