import type { ContainerNetwork, PublishedPort } from '../../supervisor/contract/container-network.ts';
import { defaultNetwork, linkTo, type Network } from '../../supervisor/contract/network-range.ts';
import { namespacePath } from '../../tools/system/bundle/container-network.ts';

/** The network of a container with the same number in each of its networks; without any, it is in the one of `net: bridge`. */
export function bridgeNetwork(
	id: string,
	number: number,
	ports: readonly PublishedPort[] = [],
	networks: readonly Network[] = [defaultNetwork],
): ContainerNetwork {
	const links = networks.map((network, index) => linkTo(network, number, `eth${index}`));
	return { namespace: namespacePath(id), links, ports };
}
