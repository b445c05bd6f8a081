// A TCP connection as a program in the container would make it: from its network namespace.

import { closeSync, constants, statSync } from 'node:fs';
import { isIP, Socket } from 'node:net';
import { getSystemErrorMessage } from 'node:util';
import { constant } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';
import { openProcessFile } from '../process/process-file.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';

const LOOPBACK = ['127.0.0.1', '::1'] as const;

/**
 * Without a host, and for `localhost`, the loopback addresses in turn. Other names are resolved as PID 1 does, by
 * /etc/resolv.conf. Rejects with an error whose message says in a few words why; aborted, at once.
 */
export async function connectInContainer(
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
			// Of several failures the first says most: ::1 may not even be there.
			failure ??= error;
		}
	}
	throw failure;
}

async function addressesOf(host: string, signal: AbortSignal): Promise<readonly string[]> {
	if (host === 'localhost') return LOOPBACK;
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
		// Node would begin to read at once, from a socket that isn't connected yet; that option has no type.
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
			// Stays, so that an error after the first one is nobody's crash.
			socket.on('error', (error) => reject(new Error(inWords(error))));
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

/** e.g. `connection refused`, for a system's error; else its message. */
export function inWords(error: Error): string {
	return 'errno' in error && typeof error.errno === 'number' && error.errno < 0
		? getSystemErrorMessage(error.errno)
		: error.message;
}

function codeOf(error: unknown): string | undefined {
	return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
