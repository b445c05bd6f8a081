// The socket from which the package `metrics` reads the system's figures: PID 1 writes them to whoever connects, and closes. It
// reads nothing, so a container that has this socket can ask for nothing else.

import { createServer, type Socket } from 'node:net';
import { listenAt } from './listen-for-root.ts';

/** Each holds one text, of a few hundred bytes a service. */
const maxConnections = 8;
const writeTimeoutMs = 10_000;
/** Figures are taken once in this time at most: whoever connects without end must not take PID 1's time. */
const freshMs = 1000;

interface MetricsServer {
	close(): void;
}

/**
 * @param path - in a directory of its own, which a container can have without the rest of PID 1's state
 * @param figures - resolves with the text
 */
export function openMetricsServer(
	path: string,
	figures: () => Promise<string>,
	onTrouble: (error: Error) => void,
): MetricsServer {
	let taken = { atMs: Number.NEGATIVE_INFINITY, text: Promise.resolve('') };
	const recent = (): Promise<string> => {
		const nowMs = performance.now();
		if (nowMs - taken.atMs >= freshMs) taken = { atMs: nowMs, text: figures() };
		return taken.text;
	};
	const server = createServer((socket) => void serve(socket, recent));
	server.maxConnections = maxConnections;
	// The server of the package has no privileges.
	listenAt(server, path, 0o666, onTrouble);
	return { close: () => server.close() };
}

async function serve(socket: Socket, figures: () => Promise<string>): Promise<void> {
	socket.on('error', () => undefined);
	socket.setTimeout(writeTimeoutMs, () => socket.destroy());
	// The bytes of the client are thrown away; without a reader the end of the connection would not be seen.
	socket.resume();
	try {
		socket.end(await figures());
	} catch {
		socket.destroy();
	}
}
