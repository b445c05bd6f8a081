// `HOST:PORT` of a receiver of logs, or `udp://HOST:PORT`, `tcp://HOST:PORT`; an IPv6 address in brackets. Pure.

export interface ForwardAddress {
	readonly protocol: 'tcp' | 'udp';
	readonly host: string;
	readonly port: number;
}

const FORMAT = /^(?:(tcp|udp):\/\/)?(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([^\s:/[\]]+)):(\d{1,5})$/;
const LAST_PORT = 65535;

/** Null when it is none. */
export function parseForwardAddress(text: string): ForwardAddress | null {
	const [, protocol, ipv6, name, digits] = FORMAT.exec(text) ?? [];
	const host = ipv6 ?? name;
	const port = Number(digits);
	if (host === undefined || port < 1 || port > LAST_PORT) return null;
	return { protocol: protocol === 'udp' ? 'udp' : 'tcp', host, port };
}
