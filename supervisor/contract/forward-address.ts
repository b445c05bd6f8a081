// Parses the address of a receiver of logs: `HOST:PORT`, `udp://HOST:PORT` or `tcp://HOST:PORT`, with an IPv6 address in
// brackets. Pure.

export interface ForwardAddress {
	readonly protocol: 'tcp' | 'udp';
	readonly host: string;
	readonly port: number;
}

const format = /^(?:(tcp|udp):\/\/)?(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([^\s:/[\]]+)):(\d{1,5})$/;
const maxPort = 65535;

/** Returns null when the text is no such address. */
export function parseForwardAddress(text: string): ForwardAddress | null {
	const [, protocol, ipv6, name, digits] = format.exec(text) ?? [];
	const host = ipv6 ?? name;
	const port = Number(digits);
	if (host === undefined || port < 1 || port > maxPort) return null;
	return { protocol: protocol === 'udp' ? 'udp' : 'tcp', host, port };
}
