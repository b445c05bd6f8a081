// `--publish [ADDRESS:]HOST:GUEST[/tcp|udp]`, as `docker run --publish` reads it, except that the default
// address is 127.0.0.1: a guest under test should not be open to the network by accident.

import { isIPv4 } from 'node:net';
import { UsageError } from '../errors.ts';

export interface PublishedPort {
	readonly address: string;
	readonly hostPort: number;
	readonly guestPort: number;
	readonly protocol: 'tcp' | 'udp';
}

export function parsePublishedPort(text: string): PublishedPort {
	const [ports = '', protocol = 'tcp', ...more] = text.split('/');
	const parts = ports.split(':');
	if (parts.length === 2) parts.unshift('127.0.0.1');
	const [address = '', host = '', guest = ''] = parts;
	const isProtocol = protocol === 'tcp' || protocol === 'udp';
	if (parts.length !== 3 || more.length > 0 || !isProtocol || !isIPv4(address)) throw wrong(text);
	return { address, hostPort: port(host, text), guestPort: port(guest, text), protocol };
}

function port(digits: string, text: string): number {
	const value = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
	if (value < 1 || value > 65535) throw wrong(text);
	return value;
}

function wrong(text: string): UsageError {
	return new UsageError(`--publish ${text}: expected [ADDRESS:]HOST:GUEST[/tcp|udp], for example 6379:6379.`);
}
