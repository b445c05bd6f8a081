// Checks the networks of all files together: that ranges do not overlap, that containers name networks which exist, and that they
// have room.

import { addressText, overlap } from '../../native/text/ip-address.ts';
import { nearestName } from '../../native/text/nearest-name.ts';
import { defaultNetwork, mostMembers, roomOf } from '../../supervisor/contract/network-range.ts';
import { mostNetworks, networksOf, rangesOf, usualPrefixLength } from './networks.ts';
import type { Position } from './position.ts';
import { parseSubnet } from './subnets.ts';
import type { ContainerConfig, NetworkConfig } from './system-config.ts';
import type { ValuePath } from './value-position.ts';

export interface NetworkProblem {
	/** The position of the network or container. */
	readonly at: Position;
	/** The way from there to the value. */
	readonly path: ValuePath;
	readonly message: string;
}

/** Yields the problems. Checks lazily. */
export function* networkProblems(
	containers: readonly ContainerConfig[],
	networks: readonly NetworkConfig[],
): Generator<NetworkProblem> {
	const tooMany = networks[mostNetworks];
	if (tooMany !== undefined) {
		const message = `networks: there are ${networks.length}. A system has at most ${mostNetworks}.`;
		yield { at: tooMany.at, path: ['name'], message };
		return;
	}
	yield* overlaps(networks);
	for (const container of containers) yield* memberProblems(container, networks);
	for (const { name, room } of rooms(networks)) {
		const members = containers.filter((container) => networksOf(container).includes(name));
		const first = members[room];
		if (first === undefined) continue;
		const message =
			`${first.name}: the network ${name} has room for ${room} containers, and ${members.length} are in it. ` +
			(room === mostMembers
				? 'A bridge has no more: divide them among several.'
				: 'Give it a larger range of IPv4 in "subnets".');
		yield { at: first.at, path: [first.networks === undefined ? 'net' : 'networks'], message };
	}
}

/** Returns each network, `bridge` too, with the number of containers that it has room for. */
function rooms(networks: readonly NetworkConfig[]): { readonly name: string; readonly room: number }[] {
	const { name: first } = defaultNetwork;
	const own = networks.some(({ name }) => name === first) ? [] : [{ name: first, subnets: [] }];
	return [...own, ...networks].map((network) => {
		const usual = network.name === first ? defaultNetwork.version4 : { prefixLength: usualPrefixLength };
		return {
			name: network.name,
			room: Math.min(mostMembers, roomOf({ version4: rangesOf(network).version4 ?? usual })),
		};
	});
}

function* overlaps(networks: readonly NetworkConfig[]): Generator<NetworkProblem> {
	const own = networks.find(({ name }) => name === defaultNetwork.name);
	const { version4, version6 } = rangesOf(own ?? {});
	const taken = [
		version4 === undefined ? defaultNetwork.version4 : [],
		version6 === undefined ? defaultNetwork.version6 : [],
	]
		.flat()
		.map((range) => ({
			name: defaultNetwork.name,
			range,
			text: `${addressText(range.address)}/${range.prefixLength}`,
		}));
	for (const { name, subnets = [], at } of networks) {
		for (const [index, text] of subnets.entries()) {
			const range = parseSubnet(text);
			if (range === null) continue;
			const other = taken.find((each) => overlap(each.range, range));
			if (other !== undefined) {
				const message = `${name}: subnets: "${text}" overlaps with ${other.text} of the network ${other.name}.`;
				yield { at, path: ['subnets', index], message };
			}
			taken.push({ name, range, text });
		}
	}
}

function* memberProblems(
	{ name: container, net, networks = [], at }: ContainerConfig,
	all: readonly NetworkConfig[],
): Generator<NetworkProblem> {
	if (networks.length > 0 && net !== undefined && net !== '')
		yield {
			at,
			path: ['net'],
			message:
				`${container}: net: "networks" gives the container a network namespace of its own. Leave out "net"` +
				`${net === defaultNetwork.name ? ', and write "bridge" into "networks".' : ' or "networks".'}`,
		};
	const names = [defaultNetwork.name, ...all.map(({ name }) => name)];
	for (const [index, name] of networks.entries()) {
		if (names.includes(name)) continue;
		const near = nearestName(name, names);
		const hint =
			near === null
				? `Add it at the top of the file: networks: [{ name: ${name} }].`
				: `Did you mean "${near}"?`;
		const message = `${container}: networks: there is no network "${name}". ${hint}`;
		yield { at, path: ['networks', index], message };
	}
}
