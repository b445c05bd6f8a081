// The rules of nftables (nft(8)) for containers with `net: bridge`: published ports, and the way out under the machine's address.
// Pure. One text replaces the whole table in one step. IPv4 alone: containers have no address of IPv6 that others know.

import type { ContainerNetwork, NetworkLink, PublishedPort } from '../contract/container-network.ts';

/**
 * Returns a ruleset that nft(8) loads, without one for no network.
 *
 * @param isClosed - whether the machine forwards nothing but what concerns the bridges
 */
export function ruleset(networks: readonly ContainerNetwork[], isClosed: boolean): string {
	const links = networks.flatMap((network) => network.links.slice(0, 1));
	const bridges = quotedSet(links.map(({ bridge }) => bridge.name));
	const lines = [
		...chain('guard', 'filter hook prerouting priority raw', [
			// The bridges route the loopback addresses, for published ports, and containers must not use that.
			`iifname ${bridges} ip daddr 127.0.0.0/8 drop`,
		]),
		...chain('published', null, networks.flatMap(publishRules)),
		...chain('arriving', 'nat hook prerouting priority dstnat', [`iifname != ${bridges} jump published`]),
		...chain('local', 'nat hook output priority -100', ['oifname "lo" jump published']),
		...chain('leaving', 'nat hook postrouting priority srcnat', [
			`iifname ${bridges} oifname != ${bridges} masquerade`,
			`ip saddr 127.0.0.0/8 oifname ${bridges} masquerade`,
		]),
		...chain('forwarded', 'filter hook forward priority filter', [
			`oifname ${bridges} ct state established,related accept`,
			`oifname ${bridges} ct status dnat accept`,
			`oifname ${bridges} drop`,
			`iifname ${bridges} meta nfproto ipv4 accept`,
			...(isClosed ? ['drop'] : []),
		]),
	];
	return `table inet slipway\ndelete table inet slipway\ntable inet slipway {\n${lines.map((line) => `\t${line}\n`).join('')}}\n`;
}

function quotedSet(names: readonly string[]): string {
	return `{ ${[...new Set(names)].map((name) => `"${name}"`).join(', ')} }`;
}

function chain(name: string, hook: string | null, rules: readonly string[]): readonly string[] {
	const head = hook === null ? [] : [`\ttype ${hook}; policy accept;`];
	return [`chain ${name} {`, ...head, ...rules.map((rule) => `\t${rule}`), '}'];
}

function publishRules({ links: [first], ports }: ContainerNetwork): readonly string[] {
	const address = first === undefined ? null : addressOf(first);
	return address === null ? [] : ports.map((port) => publishRule(port, address));
}

function publishRule({ address, port, protocol, containerPort }: PublishedPort, container: string): string {
	const to = address === null ? '' : `ip daddr ${address} `;
	return `${to}meta nfproto ipv4 ${protocol} dport ${port} dnat ip to ${container}:${containerPort}`;
}

function addressOf({ addresses }: NetworkLink): string | null {
	return addresses.find((each) => each.includes('.'))?.replace(/\/.*/, '') ?? null;
}
