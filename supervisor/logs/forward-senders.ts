// Connections to a receiver of logs. Each sender connects when there is something to send, and again after a failure. The
// forwarder decides how often, and what happens to messages that could not be sent.

import type { Socket as DatagramSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import type { ForwardAddress } from '../contract/forward-address.ts';

export interface Sender {
	/** Resolves when the kernel has taken all messages; rejects when it has not, or when no connection is possible. */
	send(messages: readonly Buffer[]): Promise<void>;
	close(): void;
}

/** A receiver that takes nothing for this time counts as gone. */
const sendTimeoutMs = 10_000;
const keepAliveMs = 60_000;

export function tcpSender({ host, port }: ForwardAddress, timeoutMs = sendTimeoutMs): Sender {
	const stuck = `${host}:${port} takes nothing for ${timeoutMs} ms`;
	let socket: Socket | null = null;

	async function connect(): Promise<Socket> {
		// Loaded on first use, because most systems forward nothing.
		const net = await import('node:net');
		const made = net.connect({ host, port, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
		// Reads and ignores the receiver's bytes, because only a read detects that the receiver has closed.
		made.resume();
		made.on('error', () => made.destroy());
		made.on('close', () => {
			if (socket === made) socket = null;
		});
		socket = made;
		return made;
	}

	return {
		async send(messages) {
			const used = socket ?? (await connect());
			await new Promise<void>((resolve, reject) => {
				const timer = setTimeout(() => used.destroy(new Error(stuck)), timeoutMs).unref();
				const settle = (error?: Error | null) => {
					clearTimeout(timer);
					used.off('close', onClose);
					if (error === undefined || error === null) resolve();
					// The socket's first error: the write's own may only say that the write was cancelled.
					else reject(used.errored ?? error);
				};
				const onClose = () => settle(new Error(`the connection to ${host}:${port} is closed`));
				used.on('close', onClose);
				used.write(Buffer.concat(messages), settle);
			});
		},
		close() {
			const used = socket;
			used?.setTimeout(timeoutMs, () => used.destroy());
			used?.end();
		},
	};
}

export function udpSender({ host, port }: ForwardAddress): Sender {
	let socket: DatagramSocket | null = null;

	async function connect(): Promise<DatagramSocket> {
		const dgram = await import('node:dgram');
		const { lookup } = await import('node:dns/promises');
		const { address, family } = await lookup(host);
		const made = dgram.createSocket(family === 6 ? 'udp6' : 'udp4');
		// On a connected socket, the name is resolved once, and the kernel reports that nobody listens.
		made.connect(port, address);
		made.unref();
		await new Promise<void>((resolve, reject) => {
			made.once('connect', resolve);
			made.once('error', reject);
		}).catch((error: unknown) => {
			made.close();
			throw error;
		});
		made.on('error', () => {
			if (socket !== made) return;
			socket = null;
			made.close();
		});
		socket = made;
		return made;
	}

	return {
		async send(messages) {
			for (const message of messages) {
				const used = socket ?? (await connect());
				await new Promise<void>((resolve, reject) => {
					used.send(message, (error) => (error === null ? resolve() : reject(error)));
				});
			}
		},
		close() {
			socket?.close();
			socket = null;
		},
	};
}

export function consoleSender(write: (line: string) => void): Sender {
	return {
		async send(messages) {
			for (const message of messages) write(message.toString('utf8'));
		},
		close: () => undefined,
	};
}
