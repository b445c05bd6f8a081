// The schema of `networks`, at the top of a YAML and of a container, with the checks of single values. network-problems.ts checks
// what only all files together show.

import { boolean, list, locatedRecord, string } from './schema.ts';
import { parseSubnet, subnetProblem } from './subnets.ts';
import { namesHint, systemNetworksHint } from './value-hints.ts';

/** "br-" and the name are the bridge's, which has at most 15 characters. */
function networkNameProblem(name: string): string | null {
	if (['host', 'none', 'new', 'root'].includes(name))
		return `"${name}" is a word of "net" and no name for a network.`;
	if (/^[a-z0-9][a-z0-9_-]{0,11}$/.test(name)) return null;
	return `"${name}" is not a name for a network. Expected at most 12 of a-z, 0-9, "_" and "-", such as "front".`;
}

/** Checks `subnets` together. */
function subnetsProblem(texts: readonly string[]): string | null {
	const kinds = texts.flatMap((text) => parseSubnet(text)?.address.length ?? []);
	return kinds.length > new Set(kinds).size
		? 'A network has at most one range of IPv4 and one of IPv6.'
		: null;
}

/** Checks `networks` of a container together. */
function networkListProblem(names: readonly string[]): string | null {
	if (names.length === 0) return 'There is no name in it. "net: none" is for a container without a network.';
	const twice = names.find((name, index) => names.indexOf(name) < index);
	return twice === undefined ? null : `"${twice}" stands there twice.`;
}

const network = locatedRecord(
	{
		name: string(
			'The name: at most 12 of a-z, 0-9, `_` and `-`. `networks` of containers use it; the bridge is `br-NAME`. `bridge` is the network ' +
				'of `net: bridge`, which needs no entry.',
			{ check: networkNameProblem, examples: ['front'] },
		),
		subnets: list(
			'Its ranges, at most one of IPv4 and one of IPv6. Default: private ranges that follow from the name, 10.214.N.0/24 and ' +
				'fd5c:1ba7:a710:1NN::/64.',
			string('', { check: subnetProblem }),
			{ check: subnetsProblem, examples: [['10.80.0.0/24', 'fd00:80::/64']] },
		),
		internal: boolean(
			'Its containers reach each other alone, neither what is outside nor the system. Default: false. It needs `slipway/nftables:v1` in ' +
				'`init`.',
		),
	},
	{ required: ['name'] },
);

/** The key at the top. */
export const systemNetworks = list(
	'Networks of containers beside `bridge`; containers name them in `networks`.',
	network,
	{
		unique: 'name',
		hint: systemNetworksHint,
		examples: [[{ name: 'front' }, { name: 'back', internal: true }]],
	},
);

/** The key of a container. */
export const containerNetworks = list(
	'The networks that the container is in: names of the top-level `networks`, or `bridge` for the one of `net: bridge`. It has an interface in ' +
		'each (`eth0`, `eth1`, …), and the services of these networks find each other by name. Default: see `net`.',
	string('', { check: networkNameProblem }),
	{ check: networkListProblem, hint: namesHint, examples: [['front', 'back']] },
);
