// The server of the control socket: reads requests, passes them to the handler, writes answers. It refuses garbage and closes
// connections that send or leave unread too much, so that no client can block PID 1 or fill its memory.

import { createServer, type Socket } from 'node:net';
import { errorMessage } from '../../native/text/error-message.ts';
import type { GuestEventLine } from '../contract/events.ts';
import { type Answer, maxRequestBytes, protocolVersion, type Request } from '../contract/protocol.ts';
import { listenForRoot } from './listen-for-root.ts';
import { parseRequest } from './parse-request.ts';

/** Throws `ControlError` with a code of the protocol; any other error is answered as `failed`. */
export type HandleRequest = (
	request: Request,
	sendEvent: (event: GuestEventLine) => void,
	/** Is aborted when the client has closed the connection. */
	gone: AbortSignal,
) => Promise<unknown>;

export class ControlError extends Error {
	readonly code: 'unknown-service' | 'failed';

	constructor(code: 'unknown-service' | 'failed', message: string) {
		super(message);
		this.name = 'ControlError';
		this.code = code;
	}
}

const maxConnections = 64;
const maxRequestsAtOnce = 32;
/** The limit for a client that does not read its answers. */
const maxUnreadBytes = 1024 * 1024;

interface ControlServer {
	close(): void;
}

/** Calls `onTrouble` when the socket can't be opened; the system runs without it. */
export function openControlServer(
	path: string,
	handle: HandleRequest,
	onTrouble: (error: Error) => void,
): ControlServer {
	const server = createServer((socket) => serve(socket, handle));
	server.maxConnections = maxConnections;
	listenForRoot(server, path, onTrouble);
	return { close: () => server.close() };
}

function serve(socket: Socket, handle: HandleRequest): void {
	const gone = new AbortController();
	let text = '';
	let running = 0;

	function send(answer: Answer): void {
		if (!socket.writable) return;
		socket.write(`${JSON.stringify(answer)}\n`);
		if (socket.writableLength > maxUnreadBytes) socket.destroy();
	}

	function refuse(id: number | null, message: string): void {
		send({ id, error: { code: 'bad-request', message } });
	}

	async function answer(line: string): Promise<void> {
		const parsed = parseRequest(line);
		const { id } = parsed;
		if ('problem' in parsed) {
			refuse(id, parsed.problem);
			return;
		}
		if (running >= maxRequestsAtOnce) {
			refuse(id, `more than ${maxRequestsAtOnce} requests at once`);
			return;
		}
		running += 1;
		try {
			send({ id, result: await handle(parsed.request, (event) => send({ id, event }), gone.signal) });
		} catch (error) {
			const code = error instanceof ControlError ? error.code : 'failed';
			send({ id, error: { code, message: errorMessage(error) } });
		} finally {
			running -= 1;
		}
	}

	socket.setEncoding('utf8');
	socket.on('data', (part: string) => {
		text += part;
		const lines = text.split('\n');
		text = lines.pop() ?? '';
		for (const line of lines) if (line.trim() !== '') void answer(line);
		if (text.length <= maxRequestBytes) return;
		text = '';
		refuse(null, `a line of more than ${maxRequestBytes} bytes`);
		socket.destroySoon();
	});
	socket.on('close', () => gone.abort());
	// ECONNRESET and EPIPE mean that the client has gone; `close` follows.
	socket.on('error', () => undefined);
	send({ slipway: protocolVersion });
}
