// The server of the command socket (contract/command-protocol.ts): runs `service` inside of PID 1 for the small client, which
// saves it the start of Node. A client can neither block PID 1 nor fill its memory: it has a time for its request, and is cut
// off when it leaves too much unread. A client that is turned away runs the command as a process of its own.

import { createServer, type Socket } from 'node:net';
import { errorMessage } from '../../native/text/error-message.ts';
import { commandHeaderBytes, commandVersion, frameKinds } from '../contract/command-protocol.ts';
import { type CommandRequest, parseCommandRequest } from './command-request.ts';
import { listenForRoot } from './listen-for-root.ts';

/** The output of a command, as `service` writes it. */
interface CommandOutput {
	write(text: string): void;
	/** Is set, with the code EPIPE, once the client has gone. */
	readonly errored: Error | null;
}

interface CommandCaller {
	readonly out: CommandOutput;
	readonly err: CommandOutput;
	/** Asks the client to end on the key q. */
	readonly endOnKey: () => void;
	/** Is aborted when the client has gone, and when the command has ended. */
	readonly gone: AbortSignal;
}

/** Resolves with the exit code, or with null when the caller must run the command itself. */
export type RunCommand = (request: CommandRequest, caller: CommandCaller) => Promise<number | null>;

/** Each may hold `maxUnreadBytes` of PID 1's memory. */
const maxConnections = 16;
const maxUnreadBytes = 4 * 1024 * 1024;
const requestTimeoutMs = 10_000;

interface CommandServer {
	close(): void;
}

/** Calls `onTrouble` when the socket can't be opened; clients then run their commands themselves. */
export function openCommandServer(
	path: string,
	run: RunCommand,
	onTrouble: (error: Error) => void,
): CommandServer {
	const server = createServer((socket) => serve(socket, run));
	server.maxConnections = maxConnections;
	listenForRoot(server, path, onTrouble);
	return { close: () => server.close() };
}

function serve(socket: Socket, run: RunCommand): void {
	const gone = new AbortController();
	const late = setTimeout(() => socket.destroy(), requestTimeoutMs);
	let received: Buffer | null = Buffer.alloc(0);
	socket.on('data', (bytes: Buffer) => {
		// A client says nothing after its request.
		if (received === null) return void socket.destroy();
		received = Buffer.concat([received, bytes]);
		const request = parseCommandRequest(received);
		if (request === null) return;
		clearTimeout(late);
		received = null;
		if (request === 'garbage') socket.destroy();
		else void answer(socket, request, run, gone);
	});
	socket.on('close', () => {
		clearTimeout(late);
		gone.abort();
	});
	// ECONNRESET and EPIPE mean that the client has gone; `close` follows.
	socket.on('error', () => undefined);
	send(socket, frameKinds.hello, commandVersion);
}

async function answer(
	socket: Socket,
	request: CommandRequest,
	run: RunCommand,
	gone: AbortController,
): Promise<void> {
	const out = outputTo(socket, frameKinds.stdout);
	const err = outputTo(socket, frameKinds.stderr);
	try {
		const exitCode = await run(request, {
			out,
			err,
			endOnKey: () => send(socket, frameKinds.keys),
			gone: gone.signal,
		});
		if (exitCode === null) send(socket, frameKinds.program);
		else send(socket, frameKinds.exit, exitCode);
	} catch (error) {
		err.write(`service: ${errorMessage(error)}\n`);
		send(socket, frameKinds.exit, 1);
	}
	gone.abort();
	// The client reads the rest in its own time.
	socket.destroySoon();
}

function outputTo(socket: Socket, kind: number): CommandOutput {
	return {
		write: (text) => send(socket, kind, 0, text),
		get errored() {
			return socket.writable ? null : Object.assign(new Error('the client has gone'), { code: 'EPIPE' });
		},
	};
}

function send(socket: Socket, kind: number, code = 0, text = ''): void {
	if (!socket.writable) return;
	const length = Buffer.byteLength(text);
	const frame = Buffer.alloc(commandHeaderBytes + length);
	frame.writeUInt8(kind, 0);
	frame.writeUInt8(code, 1);
	frame.writeUInt32LE(length, 4);
	frame.write(text, commandHeaderBytes);
	if (socket.writableCorked === 0) {
		// All that is written in one turn of the event loop becomes one system call.
		socket.cork();
		process.nextTick(() => socket.uncork());
	}
	socket.write(frame);
	if (socket.writableLength > maxUnreadBytes) socket.destroy();
}
