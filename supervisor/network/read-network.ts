// Reads `network.json` of a bundle (contract/container-network.ts).

import { isIPv4 } from 'node:net';
import { basename, join } from 'node:path';
import { parsePrefixedAddress } from '../../native/text/ip-address.ts';
import { bundleFolders, readJson } from '../bundle/bundle.ts';
import type { Bridge, ContainerNetwork, NetworkLink, PublishedPort } from '../contract/container-network.ts';
import { asRecord, asString, booleanOr, listOf, ShapeError } from '../contract/json-shape.ts';
import { bundlePath, type GuestPaths, stateFiles } from '../contract/layout.ts';

/** Returns null for a container without a network of its own. Throws `ShapeError` or a system error. */
export function readNetwork(folder: string): ContainerNetwork | null {
	const path = bundlePath(folder, 'network');
	const json = readJson(path);
	return json === null ? null : asNetwork(json, path);
}

export interface NamedNetwork {
	/** The name of the folder. */
	readonly name: string;
	readonly network: ContainerNetwork;
}

/** Returns the networks of the bundles in a folder, in the order of their names. */
export function readNetworks(parent: string): NamedNetwork[] {
	return bundleFolders(parent).flatMap((folder) => {
		try {
			const network = readNetwork(folder);
			return network === null ? [] : [{ name: basename(folder), network }];
		} catch {
			// The container reports it at its start.
			return [];
		}
	});
}

/** Returns the networks of all containers, those of `service run` too. */
export function allNetworks(paths: Pick<GuestPaths, 'containers' | 'state'>): ContainerNetwork[] {
	const kinds = ['onboot', 'services', 'onshutdown'].map((kind) => join(paths.containers, kind));
	return [...kinds, stateFiles(paths).runs].flatMap(readNetworks).map(({ network }) => network);
}

function asNetwork(value: unknown, path: string): ContainerNetwork {
	const record = asRecord(value, path);
	const namespace = asString(record['namespace'], `${path}: namespace`);
	if (!namespace.startsWith('/')) throw new ShapeError(`${path}: namespace`, 'an absolute path');
	return {
		namespace,
		links: listOf(record['links'], `${path}: links`, asLink),
		ports: listOf(record['ports'], `${path}: ports`, asPort),
	};
}

/** Is strict, because it becomes rules of nft(8). */
function asPort(value: unknown, place: string): PublishedPort {
	const { address = null, port, protocol, containerPort } = asRecord(value, place);
	if (address !== null && (typeof address !== 'string' || !isIPv4(address)))
		throw new ShapeError(`${place}.address`, 'an IPv4 address or null');
	if (protocol !== 'tcp' && protocol !== 'udp') throw new ShapeError(`${place}.protocol`, '"tcp" or "udp"');
	return {
		address,
		port: asPortNumber(port, `${place}.port`),
		protocol,
		containerPort: asPortNumber(containerPort, `${place}.containerPort`),
	};
}

function asPortNumber(value: unknown, place: string): number {
	if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
	throw new ShapeError(place, 'a port from 1 to 65535');
}

function asLink(value: unknown, place: string): NetworkLink {
	const record = asRecord(value, place);
	return {
		name: asInterfaceName(record['name'], `${place}.name`),
		hostName: asInterfaceName(record['hostName'], `${place}.hostName`),
		addresses: listOf(record['addresses'], `${place}.addresses`, asAddress),
		bridge: asBridge(record['bridge'], `${place}.bridge`),
	};
}

function asBridge(value: unknown, place: string): Bridge {
	const record = asRecord(value, place);
	return {
		name: asInterfaceName(record['name'], `${place}.name`),
		addresses: listOf(record['addresses'], `${place}.addresses`, asAddress),
		internal: booleanOr(record['internal'], false, `${place}.internal`),
	};
}

function asInterfaceName(value: unknown, place: string): string {
	const name = asString(value, place);
	if (!/^[\w-]{1,15}$/.test(name))
		throw new ShapeError(place, 'a name of at most 15 letters, digits, "_" and "-"');
	return name;
}

function asAddress(value: unknown, place: string): string {
	const text = asString(value, place);
	if (parsePrefixedAddress(text) === null) throw new ShapeError(place, 'ADDRESS/PREFIX-LENGTH');
	return text;
}
