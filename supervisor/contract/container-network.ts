// `network.json` beside a bundle with `net: bridge` or `networks`: the network namespace of the container and the links in it. The build
// plans it, the guest makes it; LinuxKit's trees have none.

import type { GuestPaths } from './layout.ts';

export interface ContainerNetwork {
	/** The file that keeps the network namespace; `config.json` names it too. */
	readonly namespace: string;
	readonly links: readonly NetworkLink[];
	readonly ports: readonly PublishedPort[];
}

/** A port of the machine that leads to one of the container. */
export interface PublishedPort {
	/** An IPv4 address of the machine; null for all. */
	readonly address: string | null;
	readonly port: number;
	readonly protocol: 'tcp' | 'udp';
	readonly containerPort: number;
}

/** A veth(4) pair between the container and a bridge of the machine. */
export interface NetworkLink {
	/** The name of the end in the container: `eth0`. */
	readonly name: string;
	/** The name of the end that is a port of the bridge. */
	readonly hostName: string;
	/** `ADDRESS/PREFIX-LENGTH`, of IPv4 first. */
	readonly addresses: readonly string[];
	readonly bridge: Bridge;
}

export interface Bridge {
	readonly name: string;
	/** `ADDRESS/PREFIX-LENGTH`, of IPv4 first. They are the containers' gateways, unless the bridge is internal. */
	readonly addresses: readonly string[];
	/** Its containers reach each other alone. */
	readonly internal: boolean;
}

/** The directory of the files that keep network namespaces. */
export function namespaceFolder({ state }: Pick<GuestPaths, 'state'>): string {
	return `${state}/netns`;
}
