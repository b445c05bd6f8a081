// The smallest `--memory` with which the system still boots until Redis answers: by halving, in steps of 8 MB.

import { bootGuest } from '../../helpers/guest.ts';
import type { BootSystems } from './boot-systems.ts';
import { type Figure, figure } from './figure.ts';
import { firstPong } from './wall-figures.ts';

const stepMegabytes = 8;
const bootLimitMs = 40_000;

export async function leastMemoryFigure(
	{ names }: BootSystems,
	note: (figure: Figure) => void,
): Promise<void> {
	note(figure('least-memory', 'MB', [await leastMemory(names.ours)], [await leastMemory(names.baseline)]));
}

async function leastMemory(name: string): Promise<number> {
	let fails = 128;
	let boots = 1024;
	while (boots - fails > stepMegabytes) {
		const middle = Math.round((fails + boots) / 2 / stepMegabytes) * stepMegabytes;
		if (await bootsWith(name, middle)) boots = middle;
		else fails = middle;
	}
	return boots;
}

async function bootsWith(name: string, memoryMegabytes: number): Promise<boolean> {
	const guest = await bootGuest(name, { memoryMegabytes, cpus: 1 });
	const lost = new Promise<boolean>((resolve) => guest.machine.emitter.once('lost', () => resolve(false)));
	const answered = firstPong(guest, bootLimitMs).then(
		() => true,
		() => false,
	);
	try {
		return await Promise.race([answered, lost]);
	} finally {
		await guest.machine.stop();
	}
}
