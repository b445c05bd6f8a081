// The smallest `--memory` with which the system still boots until Redis answers: by halving, in steps of 8 MB.

import { bootGuest } from '../helpers/guest.ts';
import { pong } from './boot-figures.ts';
import type { Figure } from './figure.ts';

const stepMegabytes = 8;
const bootLimitMs = 60_000;

export async function leastMemory(name: string): Promise<Figure> {
	let fails = 128;
	let boots = 1024;
	while (boots - fails > stepMegabytes) {
		const middle = Math.round((fails + boots) / 2 / stepMegabytes) * stepMegabytes;
		if (await bootsWith(name, middle)) boots = middle;
		else fails = middle;
	}
	return { name: 'least-memory', unit: 'MB', ours: [boots] };
}

async function bootsWith(name: string, memoryMegabytes: number): Promise<boolean> {
	const guest = await bootGuest(name, { memoryMegabytes, cpus: 1 });
	const failed = new Promise<boolean>((resolve) => {
		guest.machine.emitter.once('panic', () => resolve(false));
		void guest.machine.exited.then(() => resolve(false));
	});
	const answered = pong(guest.redisPort, bootLimitMs).then(
		() => true,
		() => false,
	);
	try {
		return await Promise.race([answered, failed]);
	} finally {
		await guest.machine.stop();
	}
}
