// The bytes of IP addresses, as the kernel takes them.

import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** Returns four bytes of an IPv4 or sixteen of an IPv6 address (RFC 4291, 2.2), null for what is neither, or has a zone. */
export function addressBytes(address: string): Uint8Array | null {
	if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number));
	if (!isIPv6(address) || address.includes('%')) return null;
	const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: readonly string[]) => {
		const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
		return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
	});
	const [before = [], after = []] = plain
		.split('::')
		.map((half) => half.split(':').filter((group) => group !== ''));
	const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
	const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
	return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Returns the text of four or sixteen bytes, of IPv6 in its short form (RFC 5952). */
export function addressText(bytes: Uint8Array): string {
	if (bytes.length === 4) return bytes.join('.');
	const groups = Array.from({ length: 8 }, (_, index) =>
		(((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
	);
	return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}

export interface PrefixedAddress {
	/** Four bytes or sixteen. */
	readonly address: Uint8Array;
	readonly prefixLength: number;
}

/** Returns null for what is not ADDRESS/PREFIX-LENGTH. */
export function parsePrefixedAddress(text: string): PrefixedAddress | null {
	const [, host = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
	const address = addressBytes(host);
	const prefixLength = Number(digits);
	if (address === null || digits === '' || prefixLength > address.length * 8) return null;
	return { address, prefixLength };
}

/** Whether two ranges have an address in common. */
export function overlap(a: PrefixedAddress, b: PrefixedAddress): boolean {
	if (a.address.length !== b.address.length) return false;
	const shared = Math.min(a.prefixLength, b.prefixLength);
	return bitsOf(a.address, shared) === bitsOf(b.address, shared);
}

/** Returns the first bits of an address. */
function bitsOf(address: Uint8Array, count: number): bigint {
	return BigInt(`0x${Buffer.from(address).toString('hex')}`) >> BigInt(address.length * 8 - count);
}
