// Makes and removes the network of a container: a network namespace that a file keeps, so that it outlives the container, PID 1
// and containerd, and a veth(4) pair to a bridge for each link. All is made through rtnetlink(7); what is there already stays.

import { closeSync, existsSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { constant, flags } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import {
	addressBody,
	type LinkSettings,
	linkBody,
	routeBody,
	vethKind,
} from '../../native/linux/rtnetlink.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { PrefixedAddress } from '../../native/text/ip-address.ts';
import type { Bridge, ContainerNetwork, NetworkLink } from '../contract/container-network.ts';
import { macAddressOf, parseAddresses } from './link-addresses.ts';
import { readNetwork } from './read-network.ts';

export type NetworkNative = Pick<
	Native,
	'constants' | 'interfaceIndexIn' | 'makeNetworkNamespace' | 'routeNetlinkIn' | 'umount2'
>;

/** The network of a container could not be made. */
export class NetworkError extends Error {
	readonly code = 'ERR_NETWORK';

	constructor(step: string, cause: unknown) {
		const isMissing = hasCode(cause, 'EOPNOTSUPP');
		const hint = isMissing ? '. The kernel has no module for it: "net: bridge" needs bridge and veth' : '';
		super(`could not ${step}: ${errorMessage(cause)}${hint}`, { cause });
		this.name = 'NetworkError';
	}
}

/** The machine's own network namespace. */
const machineNamespace = '/proc/self/ns/net';

/**
 * Makes what is missing of a container's network. Idempotent: a run that was cut off at any point is completed by the next.
 * Throws `NetworkError`.
 *
 * @param machine - the network namespace of the bridges
 */
export function ensureNetwork(
	network: ContainerNetwork,
	native: NetworkNative,
	machine = machineNamespace,
): void {
	attempt(`make the network namespace ${network.namespace}`, () =>
		ensureNamespace(network.namespace, native),
	);
	withNamespaces(network.namespace, machine, native, (inside, outside) => {
		attempt('bring up its loopback interface', () =>
			inside.set({ index: inside.find('lo') ?? 0, isUp: true }),
		);
		for (const link of network.links) {
			attempt(`note that it uses the bridge ${link.bridge.name}`, () => noteMember(network, link.bridge));
			attempt(`make the bridge ${link.bridge.name}`, () => ensureBridge(link.bridge, outside));
			attempt(`make its interface ${link.name}`, () => ensurePair(link, inside, outside));
			attempt(`set up its interface ${link.name}`, () => setUpInside(link, inside));
		}
		const first = wayOut(network);
		if (first === undefined) return;
		attempt('set its default route', () => {
			for (const { address } of parseAddresses(first.bridge.addresses)) inside.routeBy(first.name, address);
		});
	});
}

/** Makes the bridges that are missing, for rules that name them. Throws `NetworkError`. */
export function ensureBridges(
	bridges: readonly Bridge[],
	native: NetworkNative,
	machine = machineNamespace,
): void {
	const fd = openSync(machine, 'r');
	try {
		for (const bridge of bridges)
			attempt(`make the bridge ${bridge.name}`, () => ensureBridge(bridge, netlinkIn(fd, native)));
	} finally {
		closeSync(fd);
	}
}

/**
 * Removes a container's network, and each bridge with the last of its containers. Idempotent. Never throws: what can't be
 * removed is found by the next `ensureNetwork`.
 */
export function removeNetwork(
	network: ContainerNetwork,
	native: NetworkNative,
	machine = machineNamespace,
): void {
	const { namespace, links } = network;
	const machineFd = openSync(machine, 'r');
	try {
		const outside = netlinkIn(machineFd, native);
		// The other end goes with it, at once; that of a namespace goes some time after the namespace.
		for (const { hostName } of links) bestEffort(() => outside.remove(hostName));
		bestEffort(() => native.umount2(namespace, constant(native, 'MNT_DETACH')));
		bestEffort(() => unlinkSync(namespace));
		for (const { bridge } of links) {
			const file = memberFile(network, bridge);
			bestEffort(() => unlinkSync(file));
			const isUsed = existsSync(dirname(file)) && readdirSync(dirname(file)).length > 0;
			if (isUsed) continue;
			bestEffort(() => outside.remove(bridge.name));
			bestEffort(() => rmdirSync(dirname(file)));
		}
	} finally {
		closeSync(machineFd);
	}
}

/** Removes the network of a bundle's container, if it has one. Never throws. */
export function releaseNetwork(folder: string, native: NetworkNative): void {
	bestEffort(() => {
		const network = readNetwork(folder);
		if (network !== null) removeNetwork(network, native);
	});
}

/** Returns the link by which a container reaches what is outside of its networks. */
export function wayOut({ links }: ContainerNetwork): NetworkLink | undefined {
	return links.find(({ bridge }) => !bridge.internal);
}

/** An empty file for each container that uses a bridge, in a directory of the bridge's. */
function memberFile({ namespace }: ContainerNetwork, { name }: Bridge): string {
	return join(`${dirname(namespace)}-bridges`, name, basename(namespace));
}

function noteMember(network: ContainerNetwork, bridge: Bridge): void {
	const path = memberFile(network, bridge);
	makeFolder(dirname(path));
	closeSync(openSync(path, 'w', 0o644));
}

function ensureNamespace(path: string, native: NetworkNative): void {
	makeFolder(dirname(path));
	if (!existsSync(path)) closeSync(openSync(path, 'w', 0o644));
	const fd = openSync(path, 'r');
	try {
		// A file on which no namespace is mounted is refused.
		native.interfaceIndexIn(fd, 'lo');
	} catch (error) {
		if (!hasCode(error, 'EINVAL')) throw error;
		native.makeNetworkNamespace(path);
	} finally {
		closeSync(fd);
	}
}

function withNamespaces(
	path: string,
	machine: string,
	native: NetworkNative,
	work: (inside: Netlink, outside: Netlink) => void,
): void {
	const fds: number[] = [];
	const open = (file: string): Netlink => {
		const fd = openSync(file, 'r');
		fds.push(fd);
		return netlinkIn(fd, native);
	};
	try {
		work(open(path), open(machine));
	} finally {
		for (const fd of fds) closeSync(fd);
	}
}

function ensureBridge({ name, addresses }: Bridge, outside: Netlink): void {
	const all = parseAddresses(addresses);
	if (outside.find(name) === null) {
		// Without an address of its own, a bridge changes it with its ports, and neighbours would have to ask again.
		outside.create({ index: 0, name, kind: { kind: 'bridge', data: [] }, ...macOf(all) });
	}
	outside.set({ index: outside.find(name) ?? 0, isUp: true });
	for (const address of all) outside.addAddress(name, address);
}

function ensurePair(link: NetworkLink, inside: Netlink, outside: Netlink): void {
	if (outside.find(link.hostName) === null || inside.find(link.name) === null) {
		outside.remove(link.hostName);
		inside.remove(link.name);
		outside.create({ index: 0, name: link.hostName, kind: outside.vethTo(link.name, inside) });
	}
	const index = outside.find(link.hostName) ?? 0;
	outside.set({ index, master: outside.find(link.bridge.name) ?? 0, isUp: true });
}

function setUpInside(link: NetworkLink, inside: Netlink): void {
	const addresses = parseAddresses(link.addresses);
	const index = inside.find(link.name) ?? 0;
	inside.set({ index, ...macOf(addresses) });
	inside.set({ index, isUp: true });
	for (const address of addresses) inside.addAddress(link.name, address);
}

function macOf(addresses: readonly PrefixedAddress[]): { readonly macAddress?: Uint8Array } {
	const macAddress = macAddressOf(addresses);
	return macAddress === null ? {} : { macAddress };
}

/** What is done to the links of one network namespace. */
interface Netlink {
	readonly fd: number;
	/** Returns the index of a link, null when there is none of that name. */
	find(name: string): number | null;
	set(settings: LinkSettings): void;
	create(settings: LinkSettings): void;
	/** Does nothing when there is no such link. */
	remove(name: string): void;
	addAddress(name: string, address: PrefixedAddress): void;
	routeBy(name: string, gateway: Uint8Array): void;
	vethTo(name: string, other: Netlink): NonNullable<LinkSettings['kind']>;
}

function netlinkIn(fd: number, native: NetworkNative): Netlink {
	const send = (type: string, bits: readonly string[], body: Buffer): void =>
		native.routeNetlinkIn(fd, constant(native, type), flags(native, bits), body);
	const find = (name: string): number | null => {
		try {
			return native.interfaceIndexIn(fd, name);
		} catch (error) {
			if (hasCode(error, 'ENODEV', 'ENXIO')) return null;
			throw error;
		}
	};
	const orReplace = ['NLM_F_CREATE', 'NLM_F_REPLACE'];
	return {
		fd,
		find,
		set: (settings) => send('RTM_NEWLINK', [], linkBody(native, settings)),
		create: (settings) => send('RTM_NEWLINK', ['NLM_F_CREATE', 'NLM_F_EXCL'], linkBody(native, settings)),
		remove(name) {
			const index = find(name);
			if (index !== null) send('RTM_DELLINK', [], linkBody(native, { index }));
		},
		addAddress: (name, address) =>
			unlessWithoutVersion6(address.address, () =>
				send('RTM_NEWADDR', orReplace, addressBody(native, { index: find(name) ?? 0, ...address })),
			),
		routeBy: (name, gateway) =>
			unlessWithoutVersion6(gateway, () => {
				const to = { destination: null, prefixLength: 0, gateway, metric: null, isOnLink: false };
				send('RTM_NEWROUTE', orReplace, routeBody(native, { index: find(name) ?? 0, ...to }));
			}),
		vethTo: (name, other) => vethKind(native, name, other.fd),
	};
}

/** A machine may have no IPv6 (`ipv6.disable=1`); its containers then have IPv4 alone. */
function unlessWithoutVersion6(address: Uint8Array, send: () => void): void {
	try {
		send();
	} catch (error) {
		const isWithout = hasCode(error, 'EACCES', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EPERM');
		if (address.length !== 16 || !isWithout) throw error;
	}
}

function attempt(step: string, run: () => void): void {
	try {
		run();
	} catch (error) {
		throw new NetworkError(step, error);
	}
}

function bestEffort(run: () => void): void {
	try {
		run();
	} catch {
		// It is not there, or the next `ensureNetwork` finds it.
	}
}
