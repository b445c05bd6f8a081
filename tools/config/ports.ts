// `ports` of services: `[ADDRESS:]PORT:CONTAINER-PORT[/tcp|udp]`, as Compose has it.

import { isIPv4 } from 'node:net';
import type { PublishedPort } from '../../supervisor/contract/container-network.ts';

/** Returns null for another text. */
export function parsePort(text: string): PublishedPort | null {
	const [, address = '', from = '', to = '', word = 'tcp'] =
		/^(?:([\d.]+):)?(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
	const [port, containerPort] = [Number(from), Number(to)];
	if (!isPort(port) || !isPort(containerPort) || (address !== '' && !isIPv4(address))) return null;
	const protocol = word === 'udp' ? 'udp' : 'tcp';
	return { address: address === '' || address === '0.0.0.0' ? null : address, port, containerPort, protocol };
}

function isPort(number: number): boolean {
	return number >= 1 && number <= 65_535;
}

export function portProblem(text: string): string | null {
	if (parsePort(text) !== null) return null;
	const hint = /^\d{1,5}$/.test(text)
		? ` Did you mean "${text}:${text}"?`
		: /\d-\d/.test(text)
			? ' A range has one line for each port.'
			: /[[\]]/.test(text)
				? ' A port without an address is one of IPv6, too.'
				: '';
	return (
		`"${text}" is no port. Expected [ADDRESS:]PORT:CONTAINER-PORT[/tcp|udp] with an IPv4 address and ports from 1 to 65535, ` +
		`such as "8080:80".${hint}`
	);
}
