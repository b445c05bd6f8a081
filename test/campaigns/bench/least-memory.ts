// The smallest memory with which the system still boots until Redis' port is open: by halving, in steps of 8 MB, in the machine
// that counts instructions. Its idle time is jumped over, so a boot that takes a multiple of the time of an ample one is stuck.

import { within } from '../../../supervisor/process/timeout.ts';
import { SlipwayError } from '../../../tools/errors.ts';
import { startQemu } from '../../../tools/machine/machine.ts';
import { stoppingOnSignals } from '../../../tools/machine/machine-end.ts';
import { findSystem } from '../../../tools/machine/system-files.ts';
import type { BootSystems } from './boot-systems.ts';
import { type Figure, figure } from './figure.ts';
import { countingMachine } from './instruction-figures.ts';
import { portOpenSeconds } from './milestones.ts';
import { watchConsole } from './watch-console.ts';

const stepMegabytes = 8;
const ampleMegabytes = 1024;
/** An ample boot is given this much; it sets the limit of the others. */
const ampleLimitMs = 300_000;
/** How many times longer than an ample boot one may take: little memory makes it read its files again and again. */
const patience = 4;

export async function leastMemoryFigure(
	{ names }: BootSystems,
	note: (figure: Figure) => void,
): Promise<void> {
	note(figure('least-memory', 'MB', [await leastMemory(names.ours)], [await leastMemory(names.baseline)]));
}

async function leastMemory(name: string): Promise<number> {
	const startedAt = performance.now();
	if (!(await bootsWith(name, ampleMegabytes, ampleLimitMs)))
		throw new SlipwayError('GUEST_FAILED', `${name} does not boot with ${ampleMegabytes} MB either.`);
	const limitMs = patience * (performance.now() - startedAt);
	let fails = 64;
	let boots = ampleMegabytes;
	while (boots - fails > stepMegabytes) {
		const middle = Math.round((fails + boots) / 2 / stepMegabytes) * stepMegabytes;
		if (await bootsWith(name, middle, limitMs)) boots = middle;
		else fails = middle;
	}
	return boots;
}

async function bootsWith(name: string, memoryMegabytes: number, limitMs: number): Promise<boolean> {
	const system = findSystem(name);
	const machine = await startQemu((place) => countingMachine(system, place, { memoryMegabytes }));
	const console = watchConsole(machine);
	return await stoppingOnSignals(machine, async () => {
		const isOpen = console
			.until('an open port', (text) => portOpenSeconds(text) !== null)
			.then(
				() => true,
				() => false,
			);
		const waited = await within(isOpen, limitMs);
		return waited.done && waited.value;
	});
}
