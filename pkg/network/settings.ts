// The types of a checked configuration of network links. The words are netplan's (netplan.readthedocs.io, version 2), as far as
// README.md lists them.

/** An address with the length of its network's prefix, such as 192.0.2.5/24. */
export interface Cidr {
	readonly address: Uint8Array;
	readonly prefixLength: number;
	/** As it was written. */
	readonly text: string;
}

export interface Route {
	/** Null for the default route. */
	readonly to: Cidr | null;
	readonly via: Uint8Array | null;
	readonly metric: number | null;
	readonly isOnLink: boolean;
	readonly text: string;
}

interface CommonSettings {
	readonly id: string;
	/** A package asks for an address; nothing of the kind happens here. */
	readonly isDhcp: boolean;
	readonly addresses: readonly Cidr[];
	readonly routes: readonly Route[];
	readonly nameServers: readonly string[];
	readonly search: readonly string[];
	readonly mtu: number | null;
	/** Six bytes that the link gets; null leaves its own. */
	readonly macAddress: Uint8Array | null;
}

/** A card that the machine has. */
export interface Card extends CommonSettings {
	readonly kind: 'card';
	/** With colons, in lower case; null matches any. */
	readonly matchMac: string | null;
	/** A name with `*` and `?`; null matches any when there is another match, else the id is the name. */
	readonly matchName: string | null;
	/** The name of the driver, with `*` and `?`; null matches any. */
	readonly matchDriver: string | null;
	/** The name that the card gets; null leaves its own. */
	readonly setName: string | null;
	/** A card that is not there is no error. */
	readonly isOptional: boolean;
}

export interface Vlan extends CommonSettings {
	readonly kind: 'vlan';
	readonly vlanId: number;
	/** The id of another link. */
	readonly link: string;
}

export interface Bond extends CommonSettings {
	readonly kind: 'bond';
	readonly members: readonly string[];
	readonly mode: number;
	readonly monitorMs: number;
	readonly hashPolicy: number;
}

export interface Bridge extends CommonSettings {
	readonly kind: 'bridge';
	readonly members: readonly string[];
	readonly isSpanningTree: boolean;
	readonly forwardDelaySeconds: number;
}

export type Link = Card | Vlan | Bond | Bridge;
