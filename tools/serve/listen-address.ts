// The address that a server of the host listens on, as options name it: `:8080`, `8080`, `192.168.1.2:8080`, `[::1]:8080`.

import { isIP } from 'node:net';
import { SlipwayError, UsageError } from '../errors.ts';

export interface ListenAddress {
	/** Null for all addresses of IPv4 and IPv6. */
	readonly host: string | null;
	readonly port: number;
}

/** @param option - for the error, such as `--port` */
export function parseListenAddress(option: string, text: string): ListenAddress {
	const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]:|([^:]*):)?(\d{1,5})$/.exec(text) ?? [];
	const host = bracketed ?? plain ?? '';
	const port = digits === '' ? Number.NaN : Number(digits);
	if (!(port <= 65535) || (host !== '' && isIP(host) === 0))
		throw new UsageError(
			`${option} ${text}: expected [ADDRESS]:PORT, for example :8080 or 192.168.1.2:8080.`,
		);
	return { host: host === '' ? null : host, port };
}

export function portText({ host, port }: ListenAddress): string {
	return host?.includes(':') === true ? `[${host}]:${port}` : `${host ?? ''}:${port}`;
}

/**
 * Returns what `start` resolves with, and says in an error of it which option names another address.
 *
 * @param advice - what to do about an error
 */
export async function startListening<T>(
	option: string,
	listen: ListenAddress,
	start: () => Promise<T>,
	advice = `Name another: ${option} [ADDRESS]:PORT`,
): Promise<T> {
	try {
		return await start();
	} catch (cause) {
		const { code = '', message } = cause as NodeJS.ErrnoException;
		const reason =
			{
				EADDRINUSE: 'another program listens there',
				EACCES: `ports below 1024 need root (or "sysctl net.ipv4.ip_unprivileged_port_start=${listen.port}")`,
				EADDRNOTAVAIL: 'this host does not have the address',
			}[code] ?? message;
		throw new SlipwayError('BAD_INPUT', `${option} ${portText(listen)}: ${reason}. ${advice}`, { cause });
	}
}
