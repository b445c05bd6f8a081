// `slipway stop`: powers machines off.

import { stopMachine } from '../machine/end-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { namedMachines } from '../options/machine-operands.ts';
import { stopTimeMs, stopTimeOption } from '../options/stop-time-option.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Powers machines off cleanly: services end in their order, onshutdown containers run, disks are flushed. A guest whose
PID 1 is not Slipway's gets the power button pressed. What still runs after the time is killed. Without a NAME
it is the only machine that runs.`;

export const stopCommand: Command = {
	name: 'stop',
	summary: 'power machines off',
	operands: '[NAME...]',
	about,
	options: stopTimeOption,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, stopTimeOption);
		const graceMs = stopTimeMs(values.time);
		const machines = namedMachines(machineBases(), positionals);
		await Promise.all(
			machines.map(async (entry) => {
				streams.out.write(`${entry.record.name}: ${await stopMachine(entry, graceMs)}\n`);
			}),
		);
		return 0;
	},
};
