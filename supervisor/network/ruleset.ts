// The rules of nftables (nft(8)) for containers on bridges: published ports, the way out under the machine's address, and that no
// network reaches another. Pure. One text replaces the whole tables in one step.

import type { Bridge, ContainerNetwork, NetworkLink, PublishedPort } from '../contract/container-network.ts';
import { wayOut } from './container-network.ts';
import { replacedTable, senderRules } from './sender-rules.ts';

/** Which packets that only pass through the machine it lets pass. */
export interface Forwarding {
	readonly version4: boolean;
	readonly version6: boolean;
}

/**
 * Returns a ruleset that nft(8) loads. That of no network keeps the machine from forwarding what it did not before.
 *
 * @param router - what the machine forwards that does not concern the bridges
 */
export function ruleset(networks: readonly ContainerNetwork[], router: Forwarding): string {
	const bridges = networks.flatMap(({ links }) => links.map(({ bridge }) => bridge));
	const all = quotedSet(bridges);
	const internal = quotedSet(bridges.filter((bridge) => bridge.internal));
	const passing = [
		...(router.version4 ? [] : ['meta nfproto ipv4 drop']),
		...(router.version6 ? [] : ['meta nfproto ipv6 drop']),
	];
	const lines =
		all === null
			? chain('forwarded', 'filter hook forward priority filter', passing)
			: [
					...publishing(all, networks),
					...(internal === null
						? []
						: chain('inward', 'filter hook input priority filter', inwardRules(internal))),
					...chain('forwarded', 'filter hook forward priority filter', [
						// With br_netfilter these pass through here, too.
						...namesOf(bridges).map((name) => `iifname "${name}" oifname "${name}" accept`),
						...(internal === null ? [] : [`iifname ${internal} drop`, `oifname ${internal} drop`]),
						`oifname ${all} ct state established,related accept`,
						`oifname ${all} ct status dnat accept`,
						`oifname ${all} drop`,
						`iifname ${all} accept`,
						...passing,
					]),
				];
	return `${replacedTable('inet', lines)}${senderRules(networks)}`;
}

/** Leads packets to the containers, and theirs out under the machine's address. */
function publishing(all: string, networks: readonly ContainerNetwork[]): readonly string[] {
	return [
		...chain('guard', 'filter hook prerouting priority raw', [
			// Nobody but the machine reaches its loopback addresses: the bridges route them, and a neighbour's packet to such a
			// published port would be led to the container before the kernel sees where it came from.
			'iifname != "lo" ip daddr 127.0.0.0/8 drop',
		]),
		...chain('published', null, networks.flatMap(publishRules)),
		...chain('arriving', 'nat hook prerouting priority dstnat', [
			// A packet that only passes through the machine keeps its destination.
			`iifname != ${all} fib daddr type local jump published`,
		]),
		...chain('local', 'nat hook output priority -100', [
			// Nothing routes ::1 to a bridge.
			'oifname "lo" meta nfproto ipv4 jump published',
		]),
		...chain('leaving', 'nat hook postrouting priority srcnat', [
			`iifname ${all} oifname != ${all} masquerade`,
			`ip saddr 127.0.0.0/8 oifname ${all} masquerade`,
		]),
	];
}

/** The machine may call into an internal network, and its containers find the machine's link address, to answer. */
function inwardRules(internal: string): readonly string[] {
	return [
		`iifname ${internal} ct state established,related accept`,
		`iifname ${internal} icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept`,
		`iifname ${internal} drop`,
	];
}

function namesOf(bridges: readonly Bridge[]): readonly string[] {
	return [...new Set(bridges.map(({ name }) => name))];
}

/** Returns null for no bridge: nft(8) has no empty set. */
function quotedSet(bridges: readonly Bridge[]): string | null {
	if (bridges.length === 0) return null;
	return `{ ${namesOf(bridges)
		.map((name) => `"${name}"`)
		.join(', ')} }`;
}

function chain(name: string, hook: string | null, rules: readonly string[]): readonly string[] {
	const head = hook === null ? [] : [`\ttype ${hook}; policy accept;`];
	return [`chain ${name} {`, ...head, ...rules.map((rule) => `\t${rule}`), '}'];
}

function publishRules(network: ContainerNetwork): readonly string[] {
	const link = wayOut(network);
	if (link === undefined) return [];
	const [version4, version6] = [/\./, /:/].map((form) => addressOf(link, form));
	return network.ports.flatMap((port) => [
		...(version4 == null ? [] : [publishRule(port, 'ip', version4)]),
		// A port at an address is at one of IPv4.
		...(version6 == null || port.address !== null ? [] : [publishRule(port, 'ip6', `[${version6}]`)]),
	]);
}

function publishRule(
	{ address, port, protocol, containerPort }: PublishedPort,
	version: 'ip' | 'ip6',
	container: string,
): string {
	const to = address === null ? '' : `ip daddr ${address} `;
	const family = version === 'ip' ? 'ipv4' : 'ipv6';
	return `${to}meta nfproto ${family} ${protocol} dport ${port} dnat ${version} to ${container}:${containerPort}`;
}

function addressOf({ addresses }: NetworkLink, form: RegExp): string | null {
	return addresses.find((each) => form.test(each))?.replace(/\/.*/, '') ?? null;
}
