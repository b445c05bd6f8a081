// Ranges of addresses as a YAML has them: how they are read, and which are good for a network. Pure.

import {
	addressText,
	overlap,
	type PrefixedAddress,
	parsePrefixedAddress,
} from '../../native/text/ip-address.ts';

/** Returns null for what is not ADDRESS/PREFIX-LENGTH. */
export function parseSubnet(text: string): PrefixedAddress | null {
	const range = parsePrefixedAddress(text);
	return range === null ? null : { ...range, address: firstOf(range) };
}

function firstOf({ address, prefixLength }: PrefixedAddress): Uint8Array {
	return address.map((byte, index) => {
		const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
		return byte & (0xff << (8 - bits)) & 0xff;
	});
}

/** Networks without ranges have theirs from these. They are parsed at their use, since Node compiles a large expression for IPv6. */
const pools = ['10.214.0.0/16', 'fd5c:1ba7:a710::/48'];

const prefixLengths = { 4: { shortest: 8, longest: 29 }, 16: { shortest: 32, longest: 112 } } as const;

/** Ranges whose addresses have a meaning of their own (RFC 6890, RFC 4291). */
const special = [
	'0.0.0.0/8',
	'127.0.0.0/8',
	'169.254.0.0/16',
	'224.0.0.0/3',
	'::/64',
	'fe80::/10',
	'ff00::/8',
];

export function subnetProblem(text: string): string | null {
	const given = parsePrefixedAddress(text);
	if (given === null)
		return `"${text}" is no range of addresses. Expected ADDRESS/PREFIX-LENGTH, such as 10.80.0.0/24 or fd00:80::/64.`;
	const { prefixLength } = given;
	const first = addressText(firstOf(given));
	if (first !== addressText(given.address))
		return `"${text}" has bits behind its prefix. Did you mean "${first}/${prefixLength}"?`;
	const { shortest, longest } = prefixLengths[given.address.length === 4 ? 4 : 16];
	if (prefixLength < shortest || prefixLength > longest)
		return `"${text}" is too ${prefixLength < shortest ? 'large' : 'small'}. Expected a prefix length from ${shortest} to ${longest}.`;
	const overlaps = (text: string): boolean => {
		const range = parseSubnet(text);
		return range !== null && overlap(range, given);
	};
	const pool = pools.find(overlaps);
	const least = given.address.length === 4 ? 24 : 64;
	if (pool !== undefined && prefixLength < least)
		return `"${text}" takes what networks without "subnets" have, ${pool}. Take another range, or one of /${least} there.`;
	const meant = special.find(overlaps);
	return meant === undefined
		? null
		: `"${text}" lies in ${meant}, which has a meaning of its own. Take a private range, such as 10.80.0.0/24 or fd00:80::/64.`;
}
