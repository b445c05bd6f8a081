// The rules of nftables (nft(8)) for what containers send to their bridges: each has the addresses that it was given and no others, so
// that none takes a neighbour's, or says that it is the way out. Pure.

import { addressText } from '../../native/text/ip-address.ts';
import type { ContainerNetwork, NetworkLink } from '../contract/container-network.ts';
import { hostNamePrefix } from '../contract/network-range.ts';
import { linkLocalOf, macAddressOf, parseAddresses } from './link-addresses.ts';

/** The addresses that a link may send from, as nft(8) writes them. */
interface Sender {
	readonly port: string;
	readonly mac: string;
	readonly version4: readonly string[];
	readonly version6: readonly Uint8Array[];
}

/** Returns a table that replaces the one before. */
export function senderRules(networks: readonly ContainerNetwork[]): string {
	const senders = networks.flatMap(({ links }) => links.flatMap((link) => senderOf(link) ?? []));
	const version4 = senders.flatMap(({ port, mac, version4 }) =>
		version4.map((ip) => [port, mac, ip] as const),
	);
	const version6 = senders.flatMap(({ port, mac, version6 }) =>
		// Without an address yet, a link asks for routers, and whether another has the address that it wants.
		[...version6.map(addressText), '::'].map((ip) => [port, mac, ip]),
	);
	const arp = version4.map(([port, mac, ip]) => [port, mac, mac, ip]);
	const lines = [
		'chain claimed {',
		...senders.flatMap(({ port, version6 }) =>
			version6.map((ip) => `\tiifname ${port} @th,64,128 0x${Buffer.from(ip).toString('hex')} return`),
		),
		'\tdrop',
		'}',
		'chain senders {',
		'\ttype filter hook prerouting priority filter; policy accept;',
		`\tiifname != "${hostNamePrefix}*" accept`,
		'\ticmpv6 type { nd-router-advert, nd-redirect } drop',
		// The target of both messages comes after the first 8 bytes (RFC 4861, 4.3 and 4.4).
		'\ticmpv6 type nd-neighbor-advert jump claimed',
		'\tip6 saddr :: icmpv6 type nd-neighbor-solicit jump claimed',
		...accepted('iifname . ether saddr . ip saddr', version4),
		...accepted('iifname . ether saddr . ip6 saddr', version6),
		...accepted('iifname . ether saddr . arp saddr ether . arp saddr ip', arp),
		'\tdrop',
		'}',
	];
	return replacedTable('bridge', lines);
}

/** Returns the text of a table that takes the place of the one before in one step. */
export function replacedTable(family: 'bridge' | 'inet', lines: readonly string[]): string {
	const name = `table ${family} slipway`;
	return `${name}\ndelete ${name}\n${name} {\n${lines.map((line) => `\t${line}\n`).join('')}}\n`;
}

function senderOf({ hostName, addresses }: NetworkLink): Sender | null {
	const all = parseAddresses(addresses);
	const mac = macAddressOf(all);
	if (mac === null) return null;
	const of = (length: number) => all.map(({ address }) => address).filter((bytes) => bytes.length === length);
	return {
		port: `"${hostName}"`,
		mac: Buffer.from(mac)
			.toString('hex')
			.replaceAll(/..(?=.)/g, '$&:'),
		version4: of(4).map(addressText),
		version6: [...of(16), linkLocalOf(mac)],
	};
}

/** Returns no rule for no element: nft(8) has no empty set. */
function accepted(fields: string, elements: readonly (readonly string[])[]): readonly string[] {
	if (elements.length === 0) return [];
	return [`\t${fields} { ${elements.map((each) => each.join(' . ')).join(', ')} } accept`];
}
