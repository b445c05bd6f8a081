// From the kernel's "Run /init" to Redis' PONG through the forwarded port, both seen from outside.

import { connect } from 'node:net';
import { bootGuest, type Guest, type GuestOptions } from '../helpers/guest.ts';
import type { Figure } from './figure.ts';

const runs = 3;

export async function bootFigures(name: string, note: (figure: Figure) => void): Promise<void> {
	for (const [title, options] of [
		['init-to-pong, 1 CPU', { cpus: 1 }],
		['init-to-pong, 2 CPUs', { cpus: 2 }],
		['init-to-pong, 1 CPU, slipway.root=bind', { cpus: 1, append: 'slipway.root=bind' }],
	] as const) {
		const ours: number[] = [];
		for (let run = 0; run < runs; run++) ours.push(await initToPong(name, options));
		note({ name: title, unit: 's', ours });
	}
}

async function initToPong(name: string, options: GuestOptions): Promise<number> {
	const guest = await bootGuest(name, { memoryMegabytes: 1024, ...options });
	try {
		const startedAt = await sees(guest, /Run \/init as init process/);
		await pong(guest.redisPort, 300_000).catch((error: unknown) => {
			throw new Error(`${String(error)}\n${guest.machine.lastLines()}`);
		});
		return (performance.now() - startedAt) / 1000;
	} finally {
		await guest.machine.stop();
	}
}

/** The time at which the console has shown `pattern`. */
async function sees(guest: Guest, pattern: RegExp): Promise<number> {
	let text = '';
	return await new Promise((resolve) => {
		const look = (bytes: Buffer): void => {
			text = (text + bytes.toString('latin1')).slice(-4096);
			if (!pattern.test(text)) return;
			guest.machine.emitter.off('console', look);
			resolve(performance.now());
		};
		guest.machine.emitter.on('console', look);
	});
}

/**
 * Resolves with the first PONG. Every attempt is a connection of its own: one that was begun before the guest had a
 * network waits for a retransmission, long after a later one was answered.
 */
export async function pong(port: number, limitMs: number): Promise<void> {
	const sockets = new Set<ReturnType<typeof connect>>();
	let stop = (): void => undefined;
	await new Promise<void>((resolve, reject) => {
		const attempt = (): void => {
			const socket = connect({ host: '127.0.0.1', port, timeout: 3000 }, () => socket.write('PING\r\n'));
			sockets.add(socket);
			socket.on('data', (bytes) => {
				if (bytes.toString('latin1').startsWith('+PONG')) resolve();
			});
			socket.on('timeout', () => socket.destroy());
			socket.on('error', () => undefined);
			socket.on('close', () => sockets.delete(socket));
		};
		const timer = setInterval(attempt, 50);
		const limit = setTimeout(() => reject(new Error(`no PONG in ${limitMs / 1000} s`)), limitMs);
		stop = () => {
			clearInterval(timer);
			clearTimeout(limit);
		};
	}).finally(() => {
		stop();
		for (const socket of sockets) socket.destroy();
	});
}
