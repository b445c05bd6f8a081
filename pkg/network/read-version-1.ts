// Reads version 1 of cloud-init's network configuration, which Proxmox and other hypervisors write: a list of links, each with its
// subnets, and of name servers and routes (cloud-init's documentation, reference/network-config-format-v1).

import { isIP } from 'node:net';
import { addressBytes } from '../../native/text/ip-address.ts';
import { bondSettings } from './bond-settings.ts';
import type { Fields } from './read-fields.ts';
import type { Cidr, Link, Route } from './settings.ts';
import { linkName, macForm, nameForm, parseCidr, parseMac } from './value-forms.ts';

const types = ['physical', 'bond', 'bridge', 'vlan', 'nameserver', 'route', 'loopback'];
const bondParameters = {
	mode: 'bond-mode',
	hashPolicy: 'bond-xmit-hash-policy',
	monitorMs: 'bond-miimon',
} as const;
/** Those after which the package dhcpcd asks, and those that need nothing here: the kernel listens to routers by itself. */
const dhcpTypes = ['dhcp', 'dhcp4', 'dhcp6', 'ipv6_dhcpv6-stateful'];
const otherTypes = ['static', 'static6', 'manual', 'ipv6_slaac', 'ipv6_dhcpv6-stateless'];
const subnetTypes = [...dhcpTypes, ...otherTypes];

export function readVersion1(network: Fields): Link[] {
	const links: Link[] = [];
	const routes: Route[] = [];
	const nameServers: string[] = [];
	const search: string[] = [];
	for (const index of network.items('config').keys()) {
		const fields = network.item('config', index);
		const type = fields.text('type', `one of ${types.join(', ')}`, oneOf(types));
		if (type === 'nameserver') {
			nameServers.push(...ipTexts(fields, 'address'));
			search.push(...domains(fields, 'search'));
			fields.value('interface');
		} else if (type === 'route') routes.push(...readRoute(fields));
		else if (type === 'loopback') continue;
		else if (type !== null) links.push(readLink(fields, type));
		fields.done();
	}
	return links.map((link, index) => ({
		...link,
		// The machine has one list of name servers, and a route belongs to the link that reaches its gateway.
		...(index === 0
			? { nameServers: [...nameServers, ...link.nameServers], search: [...search, ...link.search] }
			: {}),
		routes: [...link.routes, ...routes.filter((route) => linkOf(route, links) === link)],
	}));
}

function linkOf({ via }: Route, links: readonly Link[]): Link | undefined {
	const near = links.find(({ addresses }) => addresses.some((each) => via !== null && isIn(via, each)));
	return near ?? links[0];
}

function isIn(address: Uint8Array, network: Cidr): boolean {
	const bit = (bytes: Uint8Array, at: number): number => ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
	if (address.length !== network.address.length) return false;
	for (let at = 0; at < network.prefixLength; at += 1)
		if (bit(address, at) !== bit(network.address, at)) return false;
	return true;
}

function readLink(fields: Fields, type: string): Link {
	const id = fields.text('name', nameForm, linkName) ?? '';
	if (fields.value('name') === undefined) fields.report('a link needs a name');
	const mac = fields.text('mac_address', macForm, parseMac);
	const common = { id, ...readSubnets(fields), mtu: fields.integer('mtu', 68, 65535), macAddress: null };
	if (type === 'physical') {
		const setName = mac === null ? null : id;
		return {
			kind: 'card',
			...common,
			matchMac: mac,
			matchName: null,
			matchDriver: null,
			setName,
			isOptional: false,
		};
	}
	const macAddress = mac === null ? null : Uint8Array.from(Buffer.from(mac.replaceAll(':', ''), 'hex'));
	const made = { ...common, macAddress };
	if (type === 'vlan') {
		const vlanId = fields.integer('vlan_id', 1, 4094);
		const link = fields.text('vlan_link', nameForm, linkName);
		if (vlanId === null || link === null) fields.report('a VLAN needs "vlan_id" and "vlan_link"');
		return { kind: 'vlan', ...made, vlanId: vlanId ?? 1, link: link ?? '' };
	}
	if (type === 'bond') {
		const members = fields.texts('bond_interfaces', nameForm, linkName);
		return { kind: 'bond', ...made, members, ...bondSettings(fields.map('params'), bondParameters) };
	}
	const members = fields.texts('bridge_interfaces', nameForm, linkName);
	const parameters = fields.map('params');
	const isSpanningTree = /^(on|true)$/.test(String(parameters.value('bridge_stp') ?? 'off'));
	const forwardDelaySeconds = parameters.integer('bridge_fd', 0, 30) ?? 0;
	parameters.done();
	return { kind: 'bridge', ...made, members, isSpanningTree, forwardDelaySeconds };
}

function readSubnets(fields: Fields) {
	const all = {
		isDhcp: false,
		addresses: [] as Cidr[],
		routes: [] as Route[],
		nameServers: [] as string[],
		search: [] as string[],
	};
	for (const index of fields.items('subnets').keys()) {
		const subnet = fields.item('subnets', index);
		const type = subnet.text('type', `one of ${subnetTypes.join(', ')}`, oneOf(subnetTypes));
		subnet.value('control');
		if (type !== null && dhcpTypes.includes(type)) all.isDhcp = true;
		const address = readNetwork(subnet, 'address');
		if (address !== null) all.addresses.push(address);
		else if (type?.startsWith('static') === true)
			subnet.report('a static subnet needs its address', 'address');
		const gateway = subnet.text('gateway', 'an IP address', addressBytes);
		if (gateway !== null) all.routes.push(routeBy(null, gateway, null, subnet.value('gateway')));
		all.nameServers.push(...ipTexts(subnet, 'dns_nameservers'));
		all.search.push(...domains(subnet, 'dns_search'));
		for (const each of subnet.items('routes').keys()) {
			const route = subnet.item('routes', each);
			all.routes.push(...readRoute(route));
			route.done();
		}
		subnet.done();
	}
	return all;
}

function readRoute(fields: Fields): Route[] {
	const key =
		['destination', 'network', 'to'].find((each) => fields.value(each) !== undefined) ?? 'destination';
	const to = readNetwork(fields, key);
	const gateway = fields.value('gateway') === undefined ? 'via' : 'gateway';
	const via = fields.text(gateway, 'an IP address', addressBytes);
	const metric = fields.integer('metric', 0, 2 ** 32 - 1);
	if (to === null || via === null) {
		fields.report('a route needs its destination and its gateway');
		return [];
	}
	if (to.address.length !== via.length) fields.report('expected two addresses of one kind, IPv4 or IPv6');
	return [routeBy(to.prefixLength === 0 ? null : to, via, metric, fields.value(gateway))];
}

function routeBy(to: Cidr | null, via: Uint8Array, metric: number | null, viaText: unknown): Route {
	return { to, via, metric, isOnLink: false, text: `${to?.text ?? 'default'} via ${viaText}` };
}

/** An address with its length behind a slash, or in `netmask` or `prefix`; null when there is none. */
function readNetwork(fields: Fields, key: string): Cidr | null {
	const lengths = ['netmask', 'prefix'].map((each) =>
		fields.text(each, 'a netmask such as 255.255.255.0, or the length of a prefix', prefixLength),
	);
	const length = lengths.find((each) => each !== null) ?? null;
	return fields.text(key, 'an address such as 192.0.2.5/24, or one beside its "netmask"', (text) => {
		if (text.includes('/')) return parseCidr(text);
		return parseCidr(`${text}/${length ?? (isIP(text) === 6 ? 128 : 32)}`);
	});
}

function prefixLength(text: string): number | null {
	if (/^\d{1,3}$/.test(text)) return Number(text);
	const bytes = addressBytes(text);
	const bits = [...(bytes ?? [])].map((byte) => byte.toString(2).padStart(8, '0')).join('');
	return /^1*0*$/.test(bits) && bits !== '' ? bits.lastIndexOf('1') + 1 : null;
}

/** One text, or a list of them. */
function textsOf<T>(fields: Fields, key: string, expected: string, read: (text: string) => T | null): T[] {
	if (Array.isArray(fields.value(key))) return fields.texts(key, expected, read);
	const one = fields.text(key, expected, read);
	return one === null ? [] : [one];
}

function ipTexts(fields: Fields, key: string): string[] {
	return textsOf(fields, key, 'an IP address', (text) => (isIP(text) === 0 ? null : text));
}

function domains(fields: Fields, key: string): string[] {
	return textsOf(fields, key, 'a domain', (text) => (/^[\w.-]{1,253}$/.test(text) ? text : null));
}

function oneOf(words: readonly string[]): (text: string) => string | null {
	return (text) => (words.includes(text) ? text : null);
}
