// `networks` of a YAML: the ranges of each network, and which networks a container is in. Pure. A network whose ranges the YAML
// does not name has ones that follow from its name, so that it keeps them in the next build.

import { createHash } from 'node:crypto';
import { overlap, type PrefixedAddress } from '../../native/text/ip-address.ts';
import {
	bridgeName,
	defaultNetwork,
	type Network,
	privateRange,
} from '../../supervisor/contract/network-range.ts';
import { parseSubnet } from './subnets.ts';
import type { NetworkConfig } from './system-config.ts';

/** The most networks beside `bridge`: each without ranges has one of 256. */
export const mostNetworks = 64;

/** Of IPv4, for a network whose ranges follow from its name. */
export const usualPrefixLength = 24;

interface Joining {
	readonly net?: string | undefined;
	readonly networks?: readonly string[] | undefined;
}

/** Returns the names of a container's networks in their order. `net: bridge` is one of them. */
export function networksOf({ net, networks }: Joining): readonly string[] {
	return networks ?? (net === defaultNetwork.name ? [defaultNetwork.name] : []);
}

type Given = Pick<NetworkConfig, 'name' | 'subnets' | 'internal'>;

/** Returns the names of the networks whose containers reach each other alone. */
export function internalNames(networks: readonly Given[]): readonly string[] {
	return networks.filter(({ internal }) => internal === true).map(({ name }) => name);
}

/** Returns the network `bridge`, whose ranges a YAML may replace, then the others. */
export function planNetworks(configs: readonly Given[]): readonly Network[] {
	const { name: first } = defaultNetwork;
	const all = [configs.find(({ name }) => name === first) ?? { name: first }, ...configs].filter(
		(config, index) => index === 0 || config.name !== first,
	);
	const given = all.map((config) => ({
		...(config.name === first ? defaultNetwork : {}),
		...rangesOf(config),
	}));
	const taken = given
		.flatMap(({ version4, version6 }) => [version4, version6])
		.filter((range) => range !== undefined);
	const plan = new Map<string, Network>();
	for (const [index, { name, internal }] of [...all.entries()].toSorted(([, a], [, b]) =>
		a.name < b.name ? -1 : 1,
	)) {
		const { version4, version6 } = { ...freeRanges(name, taken), ...given[index] };
		taken.push(version4, version6);
		plan.set(name, { name, bridge: bridgeName(name), internal: internal === true, version4, version6 });
	}
	return all.flatMap(({ name }) => plan.get(name) ?? []);
}

interface Ranges {
	readonly version4?: PrefixedAddress;
	readonly version6?: PrefixedAddress;
}

/** Returns the ranges that the YAML names; the first one of each version. */
export function rangesOf({ subnets = [] }: Pick<NetworkConfig, 'subnets'>): Ranges {
	const ranges = subnets.map(parseSubnet).filter((range) => range !== null);
	const [version4, version6] = [4, 16].map((bytes) => ranges.find(({ address }) => address.length === bytes));
	return { ...(version4 === undefined ? {} : { version4 }), ...(version6 === undefined ? {} : { version6 }) };
}

/** Returns 10.214.N.0/24 and fd5c:1ba7:a710:1NN::/64, neither of which is taken. */
function freeRanges(name: string, taken: readonly PrefixedAddress[]): Required<Ranges> {
	const first = createHash('sha256').update(name).digest()[0] ?? 0;
	const all = Array.from({ length: 256 }, (_, step) => (first + step) % 256).map((number) => ({
		version4: { address: Uint8Array.of(10, 214, number, 0), prefixLength: usualPrefixLength },
		version6: { address: privateRange(0x100 + number), prefixLength: 64 },
	}));
	const free = all.find(({ version4, version6 }) =>
		taken.every((range) => !overlap(range, version4) && !overlap(range, version6)),
	);
	// `subnetProblem()` and `mostNetworks` see to it.
	if (free === undefined) throw new RangeError(`no range is free for the network ${name}`);
	return free;
}
