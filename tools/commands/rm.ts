// `slipway rm`: forgets machines that have ended.

import { SlipwayError, UsageError } from '../errors.ts';
import { killMachine } from '../machine/end-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { removeMachine } from '../machine/machine-state.ts';
import { dockerRmOptions } from '../options/docker-options.ts';
import { namedMachines } from '../options/machine-operands.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Removes the records and logs of machines that have ended. The files of their systems and their disks stay.`;

const options = {
	force: { short: 'f', help: 'kill machines that run' },
} as const satisfies OptionTable;

export const rmCommand: Command = {
	name: 'rm',
	summary: 'remove the records of ended machines',
	operands: 'NAME...',
	about,
	options,
	async run(args) {
		const { values, positionals } = readArguments(args, options, dockerRmOptions);
		if (positionals.length === 0) throw new UsageError('rm needs the NAME of a machine.');
		const machines = namedMachines(machineBases(), positionals);
		const up = machines.filter(({ isUp }) => isUp).map(({ record }) => record.name);
		if (up.length > 0 && !values.force) {
			const names = up.join(' ');
			throw new SlipwayError(
				'BAD_INPUT',
				`${names} still runs; nothing was removed. Stop it first (slipway stop ${names}), or write rm --force.`,
			);
		}
		for (const entry of machines) {
			await killMachine(entry, 'killed by "slipway rm"');
			removeMachine(entry);
		}
		return 0;
	},
};
