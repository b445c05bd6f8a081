// Ways to a receiver of logs. Each connects when there is something to send, and anew after a failure; how often, and
// what becomes of what could not be sent, is the forwarder's to decide.

import type { Socket as DatagramSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import type { ForwardAddress } from '../contract/forward-address.ts';

export interface Sender {
	/** Resolves when the kernel has taken them all; rejects when it has not, or the receiver is not there. */
	send(messages: readonly Buffer[]): Promise<void>;
	close(): void;
}

/** A receiver that takes nothing for so long is gone. */
const sendTimeoutMs = 10_000;
const keepAliveMs = 60_000;

export function tcpSender({ host, port }: ForwardAddress, timeoutMs = sendTimeoutMs): Sender {
	const stuck = `${host}:${port} takes nothing for ${timeoutMs} ms`;
	let socket: Socket | null = null;

	async function connect(): Promise<Socket> {
		// Loaded only here: most systems forward nothing.
		const net = await import('node:net');
		const made = net.connect({ host, port, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
		// Otherwise the receiver's end would go unnoticed; what it says means nothing.
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
					// What went wrong first: what a write says of it may only be that it was cancelled.
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
		// Connected: the name is looked up once, and the kernel tells that nobody listens.
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
