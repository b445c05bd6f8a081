// Bodies of requests to rtnetlink(7): interfaces, addresses and routes. Pure; `routeNetlink` sends them. Numbers are in the
// processor's order, which is little-endian on all that Slipway boots on.

import type { Native } from '../native.ts';
import { constant } from './constant.ts';

type Constants = Pick<Native, 'constants'>;

/** An attribute's value; a list is of nested attributes. */
type AttributeValue = Uint8Array | readonly Buffer[];

/** rtattr: length, type, value, padded to four bytes. */
export function attribute(type: number, value: AttributeValue): Buffer {
	const bytes = value instanceof Uint8Array ? value : Buffer.concat(value);
	const head = Buffer.alloc(4);
	head.writeUInt16LE(4 + bytes.length, 0);
	head.writeUInt16LE(type, 2);
	return Buffer.concat([head, bytes, Buffer.alloc(-bytes.length & 3)]);
}

export function uint8(value: number): Buffer {
	return Buffer.of(value);
}

export function uint16(value: number): Buffer {
	const bytes = Buffer.alloc(2);
	bytes.writeUInt16LE(value);
	return bytes;
}

export function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

function zeroEnded(text: string): Buffer {
	return Buffer.from(`${text}\0`);
}

/** The kind of a link that is made, such as `vlan`, and its own attributes. */
export interface LinkKind {
	readonly kind: string;
	readonly data: readonly Buffer[];
}

export interface LinkSettings {
	/** 0 for a link that is made. */
	readonly index: number;
	readonly isUp?: boolean;
	readonly name?: string;
	readonly mtu?: number;
	/** Six bytes. */
	readonly macAddress?: Uint8Array;
	/** The index of the bond or bridge; 0 takes it out of one. */
	readonly master?: number;
	/** The index of the link below a VLAN. */
	readonly link?: number;
	readonly kind?: LinkKind;
}

/** ifinfomsg and attributes, for RTM_NEWLINK. */
export function linkBody(native: Constants, settings: LinkSettings): Buffer {
	const of = (name: string): number => constant(native, name);
	const head = Buffer.alloc(16);
	head.writeInt32LE(settings.index, 4);
	if (settings.isUp !== undefined) {
		head.writeUInt32LE(settings.isUp ? of('IFF_UP') : 0, 8);
		head.writeUInt32LE(of('IFF_UP'), 12);
	}
	const { name, mtu, macAddress, master, link, kind } = settings;
	return Buffer.concat([
		head,
		...(name === undefined ? [] : [attribute(of('IFLA_IFNAME'), zeroEnded(name))]),
		...(mtu === undefined ? [] : [attribute(of('IFLA_MTU'), uint32(mtu))]),
		...(macAddress === undefined ? [] : [attribute(of('IFLA_ADDRESS'), macAddress)]),
		...(master === undefined ? [] : [attribute(of('IFLA_MASTER'), uint32(master))]),
		...(link === undefined ? [] : [attribute(of('IFLA_LINK'), uint32(link))]),
		...(kind === undefined ? [] : [kindAttribute(native, kind)]),
	]);
}

function kindAttribute(native: Constants, { kind, data }: LinkKind): Buffer {
	return attribute(constant(native, 'IFLA_LINKINFO'), [
		attribute(constant(native, 'IFLA_INFO_KIND'), zeroEnded(kind)),
		...(data.length === 0 ? [] : [attribute(constant(native, 'IFLA_INFO_DATA'), data)]),
	]);
}

export interface RouteSettings {
	readonly index: number;
	/** Four bytes or sixteen; null for the default route, of the gateway's kind. */
	readonly destination: Uint8Array | null;
	readonly prefixLength: number;
	/** Null for a destination on the link itself. */
	readonly gateway: Uint8Array | null;
	readonly metric: number | null;
	/** The gateway counts as being on the link, whatever the addresses say. */
	readonly isOnLink: boolean;
}

/** rtmsg and attributes, for RTM_NEWROUTE. */
export function routeBody(native: Constants, route: RouteSettings): Buffer {
	const of = (name: string): number => constant(native, name);
	const { destination, gateway, metric, isOnLink } = route;
	const isVersion6 = (destination ?? gateway)?.length === 16;
	const head = Buffer.alloc(12);
	head[0] = of(isVersion6 ? 'AF_INET6' : 'AF_INET');
	head[1] = route.prefixLength;
	head[4] = of('RT_TABLE_MAIN');
	head[5] = of('RTPROT_STATIC');
	head[6] = of(gateway === null && !isVersion6 ? 'RT_SCOPE_LINK' : 'RT_SCOPE_UNIVERSE');
	head[7] = of('RTN_UNICAST');
	if (isOnLink) head.writeUInt32LE(of('RTNH_F_ONLINK'), 8);
	return Buffer.concat([
		head,
		...(destination === null ? [] : [attribute(of('RTA_DST'), destination)]),
		...(gateway === null ? [] : [attribute(of('RTA_GATEWAY'), gateway)]),
		attribute(of('RTA_OIF'), uint32(route.index)),
		...(metric === null ? [] : [attribute(of('RTA_PRIORITY'), uint32(metric))]),
	]);
}

/** Returns the kind of a veth(4) whose other end is made under a name in the network namespace of an open descriptor. */
export function vethKind(native: Constants, peerName: string, namespaceFd: number): LinkKind {
	const peer = [
		Buffer.alloc(16),
		attribute(constant(native, 'IFLA_IFNAME'), zeroEnded(peerName)),
		attribute(constant(native, 'IFLA_NET_NS_FD'), uint32(namespaceFd)),
	];
	return { kind: 'veth', data: [attribute(constant(native, 'VETH_INFO_PEER'), peer)] };
}

export interface AddressSettings {
	readonly index: number;
	/** Four bytes or sixteen. */
	readonly address: Uint8Array;
	readonly prefixLength: number;
}

/** ifaddrmsg and attributes, for RTM_NEWADDR. An address of IPv6 is usable at once: nothing searches for duplicates. */
export function addressBody(native: Constants, { index, address, prefixLength }: AddressSettings): Buffer {
	const of = (name: string): number => constant(native, name);
	const isVersion6 = address.length === 16;
	const head = Buffer.alloc(8);
	head[0] = of(isVersion6 ? 'AF_INET6' : 'AF_INET');
	head[1] = prefixLength;
	head[2] = isVersion6 ? of('IFA_F_NODAD') : 0;
	head.writeUInt32LE(index, 4);
	return Buffer.concat([head, attribute(of('IFA_LOCAL'), address), attribute(of('IFA_ADDRESS'), address)]);
}
