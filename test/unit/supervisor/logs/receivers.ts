// Receivers of logs for tests: they keep the bytes and wait for them.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface TestReceiver {
	readonly port: number;
	/** Returns all bytes so far. */
	received(): string;
	/** Resolves when the bytes match. */
	until(fits: (received: string) => boolean): Promise<void>;
	/** Stops listening and closes all connections. */
	stop(): Promise<void>;
}

export interface TcpOptions {
	readonly port?: number;
	readonly onConnection?: (socket: Socket) => void;
}

export async function tcpReceiver({ port = 0, onConnection }: TcpOptions = {}): Promise<TestReceiver> {
	const store = createStore();
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		if (onConnection === undefined) socket.on('data', store.add);
		else onConnection(socket);
	});
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	return {
		...store,
		port: (server.address() as AddressInfo).port,
		async stop() {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
}

/** Adds a line end to each datagram. */
export async function udpReceiver(port = 0): Promise<TestReceiver> {
	const store = createStore();
	const socket = createSocket('udp4');
	socket.on('message', (message) => store.add(Buffer.concat([message, Buffer.from('\n')])));
	socket.bind(port, '127.0.0.1');
	await once(socket, 'listening');
	return {
		...store,
		port: socket.address().port,
		async stop() {
			socket.close();
			await once(socket, 'close');
		},
	};
}

/** Returns a port on which nobody listens. */
export async function freePort(): Promise<number> {
	const receiver = await tcpReceiver();
	await receiver.stop();
	return receiver.port;
}

function createStore() {
	let text = '';
	let arrived = Promise.withResolvers<void>();
	return {
		add(bytes: Buffer) {
			text += bytes.toString('utf8');
			arrived.resolve();
			arrived = Promise.withResolvers<void>();
		},
		received: () => text,
		async until(fits: (received: string) => boolean) {
			while (!fits(text)) await arrived.promise;
		},
	};
}
