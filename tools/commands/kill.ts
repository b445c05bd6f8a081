// `slipway kill`: ends machines at once.

import { UsageError } from '../errors.ts';
import { killMachine } from '../machine/end-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { namedMachines } from '../options/machine-operands.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Kills QEMU, as if the power were cut: the guest learns nothing of it. "slipway stop" powers off cleanly.`;

export const killCommand: Command = {
	name: 'kill',
	summary: 'cut the power of machines',
	operands: 'NAME...',
	about,
	options: {},
	async run(args, streams) {
		const { positionals } = readArguments(args, {});
		if (positionals.length === 0) throw new UsageError('kill needs the NAME of a machine.');
		for (const entry of namedMachines(machineBases(), positionals)) {
			streams.out.write(`${entry.record.name}: ${await killMachine(entry, 'killed by "slipway kill"')}\n`);
		}
		return 0;
	},
};
