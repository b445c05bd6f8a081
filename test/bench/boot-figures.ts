// From the kernel's "Run /init" to Redis' PONG through the forwarded port, both seen from outside.

import { answersPing } from '../../tools/run/redis-ping.ts';
import { bootGuest, type Guest, type GuestOptions } from '../helpers/guest.ts';
import { type Figure, figure } from './figure.ts';

const runs = 3;

export async function bootFigures(name: string, note: (figure: Figure) => void): Promise<void> {
	for (const [title, options] of [
		['init-to-pong, 1 CPU', { cpus: 1 }],
		['init-to-pong, 2 CPUs', { cpus: 2 }],
		['init-to-pong, 1 CPU, slipway.root=bind', { cpus: 1, append: 'slipway.root=bind' }],
	] as const) {
		const ours: number[] = [];
		for (let run = 0; run < runs; run++) ours.push(await initToPong(name, options));
		note(figure(title, 's', ours));
	}
}

async function initToPong(name: string, options: GuestOptions): Promise<number> {
	const guest = await bootGuest(name, { memoryMegabytes: 1024, ...options });
	try {
		const startedAt = await sees(guest, /Run \/init as init process/);
		await pong(guest, 300_000);
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

/** Resolves with the first PONG; rejects after the limit, or when the guest has ended. */
export async function pong(guest: Guest, limitMs: number): Promise<void> {
	// Before it, a connection would only wait for a retransmission, and hold up the guest's first packets.
	await guest.event(
		(event) => event.event === 'service' && event.name === 'redis' && event.state === 'running',
		limitMs,
	);
	const deadline = performance.now() + limitMs;
	while (!(await answersPing(guest.redisPort, 1000))) {
		if (performance.now() > deadline) throw new Error(`no PONG\n${guest.machine.lastLines()}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
