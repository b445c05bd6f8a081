// The probes `tcp` and `http`: connections as a program in the container would make them, from its network namespace.

import { closeSync, constants, statSync } from 'node:fs';
import { isIP, Socket } from 'node:net';
import { getSystemErrorMessage } from 'node:util';
import { constant } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';
import { openProcessFile } from '../process/process-file.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import type { Ask } from './probe-schedule.ts';

const loopback = ['127.0.0.1', '::1'] as const;
const defaultHttpPort = 80;
const maxHeaderBytes = 16 * 1024;

/** Asks whether the service accepts connections. */
export function askTcp(
	native: Native,
	process: ProcessIdentity,
	how: { readonly tcp: number; readonly host?: string },
): Ask {
	return async (signal, onBegun) => {
		onBegun();
		(await connectInContainer(native, process, how.host, how.tcp, signal)).destroy();
		return null;
	};
}

/** Asks whether the service answers a GET with a status of 200 to 399. Follows no redirection and reads no body. */
export function askHttp(native: Native, process: ProcessIdentity, url: string): Ask {
	return async (signal, onBegun) => {
		onBegun();
		if (!URL.canParse(url)) return 'it is not a URL';
		const { protocol, hostname, port } = new URL(url);
		if (protocol !== 'http:') return `only http: can be asked, not ${protocol}`;
		const host = hostname.replace(/^\[|\]$/g, '');
		const number = port === '' ? defaultHttpPort : Number(port);
		const socket = await connectInContainer(native, process, host, number, signal);
		try {
			const status = await statusOf(url, socket, signal);
			return status >= 200 && status <= 399 ? null : `status ${status}`;
		} finally {
			socket.destroy();
		}
	};
}

async function statusOf(url: string, socket: Socket, signal: AbortSignal): Promise<number> {
	// Loaded on first use, because most systems have no such probe.
	const { get } = await import('node:http');
	return new Promise((resolve, reject) => {
		// Without an agent, Node sends `Connection: close`.
		const options = { createConnection: () => socket, maxHeaderSize: maxHeaderBytes, signal };
		const request = get(url, options, (response) => {
			response.destroy();
			resolve(response.statusCode ?? 0);
		});
		request.on('error', (error) => reject(new Error(describe(error))));
	});
}

/**
 * Without a host, and for `localhost`, tries the loopback addresses in turn. PID 1's resolver resolves other names, by
 * /etc/resolv.conf. Rejects with an error whose message gives the reason in a few words; an abort rejects at once.
 */
async function connectInContainer(
	native: Native,
	process: ProcessIdentity,
	host: string | undefined,
	port: number,
	signal: AbortSignal,
): Promise<Socket> {
	let failure: unknown;
	for (const address of await addressesOf(host ?? 'localhost', signal)) {
		signal.throwIfAborted();
		try {
			return await connect(openSocket(native, process, address), address, port, signal);
		} catch (error) {
			// The first failure says most: the system may have no ::1.
			failure ??= error;
		}
	}
	throw failure;
}

async function addressesOf(host: string, signal: AbortSignal): Promise<readonly string[]> {
	if (host === 'localhost') return loopback;
	if (isIP(host) !== 0) return [host];
	const { Resolver } = await import('node:dns/promises');
	const resolver = new Resolver({ tries: 1 });
	const cancel = () => resolver.cancel();
	signal.addEventListener('abort', cancel, { once: true });
	try {
		return await resolver.resolve4(host);
	} catch (error) {
		throw new Error(`the host ${host} is not known (${codeOf(error) ?? String(error)})`);
	} finally {
		signal.removeEventListener('abort', cancel);
	}
}

function openSocket(native: Native, process: ProcessIdentity, address: string): Socket {
	const namespaceFd = openProcessFile(process, 'ns/net', constants.O_RDONLY);
	try {
		if (isOwnNamespace(namespaceFd)) return new Socket();
		const family = constant(native, isIP(address) === 6 ? 'AF_INET6' : 'AF_INET');
		const fd = native.openSocketInNamespace(namespaceFd, family);
		// Without `manualStart`, which Node's types lack, Node reads from the socket before it is connected.
		const options = { fd, manualStart: true };
		return new Socket(options);
	} finally {
		closeSync(namespaceFd);
	}
}

function isOwnNamespace(namespaceFd: number): boolean {
	const [own, other] = [statSync('/proc/self/ns/net'), statSync(`/proc/self/fd/${namespaceFd}`)];
	return own.ino === other.ino && own.dev === other.dev;
}

async function connect(socket: Socket, address: string, port: number, signal: AbortSignal): Promise<Socket> {
	const abort = () => socket.destroy(new Error('aborted'));
	signal.addEventListener('abort', abort, { once: true });
	try {
		await new Promise<void>((resolve, reject) => {
			// The listener stays, so that a later error of the socket does not crash PID 1.
			socket.on('error', (error) => reject(new Error(describe(error))));
			socket.once('connect', resolve);
			socket.connect(port, address);
		});
		return socket;
	} catch (error) {
		socket.destroy();
		throw error;
	} finally {
		signal.removeEventListener('abort', abort);
	}
}

/** Returns the system's text for an errno, e.g. `connection refused`, and the message of any other error. */
function describe(error: Error): string {
	return 'errno' in error && typeof error.errno === 'number' && error.errno < 0
		? getSystemErrorMessage(error.errno)
		: error.message;
}

function codeOf(error: unknown): string | undefined {
	return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
