// The control socket: reads requests, hands them on, writes answers. Whoever speaks garbage, half a line or too much is
// told and cut off; nothing that comes in by it can hold up PID 1 or make it grow.

import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { GuestEventLine } from '../contract/events.ts';
import { type Answer, maxRequestBytes, protocolVersion, type Request } from '../contract/protocol.ts';
import { parseRequest } from './parse-request.ts';

/** Throws `ControlError` with a code of the protocol; anything else is told as `failed`. */
export type HandleRequest = (
	request: Request,
	tell: (event: GuestEventLine) => void,
	/** Aborted when the asker has gone. */
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
/** An asker that doesn't read what it asked for. */
const maxUnreadBytes = 1024 * 1024;

export interface ControlServer {
	close(): void;
}

/** What can't be listened to is told by `onTrouble`; the system does without. */
export function openControlServer(
	path: string,
	handle: HandleRequest,
	onTrouble: (error: Error) => void,
): ControlServer {
	const server = createServer((socket) => serve(socket, handle));
	server.maxConnections = maxConnections;
	server.on('error', onTrouble);
	try {
		makeFolder(dirname(path));
		// Of an earlier incarnation of PID 1.
		rmSync(path, { force: true });
		// Between the two calls nobody but root could connect: the folder is root's.
		server.listen(path, () => chmodSync(path, 0o600));
	} catch (error) {
		onTrouble(error as Error);
	}
	return { close: () => server.close() };
}

function serve(socket: Socket, handle: HandleRequest): void {
	const gone = new AbortController();
	let text = '';
	let running = 0;

	function say(answer: Answer): void {
		if (!socket.writable) return;
		socket.write(`${JSON.stringify(answer)}\n`);
		if (socket.writableLength > maxUnreadBytes) socket.destroy();
	}

	function refuse(id: number | null, message: string): void {
		say({ id, error: { code: 'bad-request', message } });
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
			say({ id, result: await handle(parsed.request, (event) => say({ id, event }), gone.signal) });
		} catch (error) {
			const code = error instanceof ControlError ? error.code : 'failed';
			say({ id, error: { code, message: errorMessage(error) } });
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
	// ECONNRESET, EPIPE: the asker has gone; `close` follows.
	socket.on('error', () => undefined);
	say({ slipway: protocolVersion });
}
