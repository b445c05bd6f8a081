// The addresses of a link as bytes, and those that follow from them. Pure.

import { type PrefixedAddress, parsePrefixedAddress } from '../../native/text/ip-address.ts';

export function parseAddresses(addresses: readonly string[]): readonly PrefixedAddress[] {
	return addresses.map(parsePrefixedAddress).filter((address) => address !== null);
}

/** Returns a locally administered MAC address that follows from the IPv4 address, so that it is the same after each start. */
export function macAddressOf(addresses: readonly PrefixedAddress[]): Uint8Array | null {
	const first = addresses.find(({ address }) => address.length === 4);
	return first === undefined ? null : Uint8Array.of(0x02, 0x42, ...first.address);
}

/** Returns the address by which the kernel talks to neighbours (RFC 4291, appendix A). */
export function linkLocalOf(macAddress: Uint8Array): Uint8Array {
	const [first = 0, ...rest] = macAddress;
	return Uint8Array.of(
		0xfe,
		0x80,
		...Array<number>(6).fill(0),
		...[first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)],
	);
}
