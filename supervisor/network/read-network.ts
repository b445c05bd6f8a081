// Reads `network.json` of a bundle (contract/container-network.ts).

import { join } from 'node:path';
import { addressBytes } from '../../native/linux/ip-address.ts';
import { readJson } from '../bundle/bundle.ts';
import type { Bridge, ContainerNetwork, NetworkLink } from '../contract/container-network.ts';
import { asRecord, asString, listOf, ShapeError } from '../contract/json-shape.ts';
import { bundleFiles } from '../contract/layout.ts';

/** Returns null for a container without a network of its own. Throws `ShapeError` or a system error. */
export function readNetwork(folder: string): ContainerNetwork | null {
	const path = join(folder, bundleFiles.network);
	const json = readJson(path);
	return json === null ? null : asNetwork(json, path);
}

function asNetwork(value: unknown, path: string): ContainerNetwork {
	const record = asRecord(value, path);
	const namespace = asString(record['namespace'], `${path}: namespace`);
	if (!namespace.startsWith('/')) throw new ShapeError(`${path}: namespace`, 'an absolute path');
	return { namespace, links: listOf(record['links'], `${path}: links`, asLink) };
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
	if (parseAddress(text) === null) throw new ShapeError(place, 'ADDRESS/PREFIX-LENGTH');
	return text;
}

export interface PrefixedAddress {
	/** Four bytes or sixteen. */
	readonly address: Uint8Array;
	readonly prefixLength: number;
}

/** Returns null for what is not ADDRESS/PREFIX-LENGTH. */
export function parseAddress(text: string): PrefixedAddress | null {
	const [, host = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
	const address = addressBytes(host);
	const prefixLength = Number(digits);
	if (address === null || digits === '' || prefixLength > address.length * 8) return null;
	return { address, prefixLength };
}
