// `slipway rm`: forgets machines that have ended.

import { SlipwayError, UsageError } from '../errors.ts';
import { adoptMachine } from '../machine/adopt-machine.ts';
import { killMachine } from '../machine/end-machine.ts';
import { type MachineBases, machineBases } from '../machine/machine-directories.ts';
import { listUnreadMachines, removeMachine } from '../machine/machine-state.ts';
import { dockerRmOptions } from '../options/docker-options.ts';
import { machineNameOptions, namedMachines } from '../options/machine-operands.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Removes the records and logs of machines that have ended. The files of their systems and their disks stay. Also
removes what another version of slipway has left.`;

const options = {
	force: { short: 'f', help: 'kill machines that run' },
} as const satisfies OptionTable;

export const rmCommand: Command = {
	name: 'rm',
	summary: 'remove the records of ended machines',
	operands: 'NAME...',
	operandsComplete: 'machine',
	about,
	options,
	async run(args) {
		const { values, positionals } = readArguments(args, options, {
			...dockerRmOptions,
			...machineNameOptions,
		});
		if (positionals.length === 0) throw new UsageError('rm needs the NAME of a machine.');
		const { machines, unread } = machinesToRemove(machineBases(), positionals);
		const up = [
			...machines.filter(({ isUp }) => isUp).map(({ record }) => record.name),
			...unread.filter(({ pid }) => pid !== null).map(({ name }) => name),
		];
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
		for (const machine of unread) {
			if (machine.pid !== null) await adoptMachine({ ...machine, record: machine }).stop();
			removeMachine(machine);
		}
		return 0;
	},
};

/** Throws a `SlipwayError` unless all exist. */
function machinesToRemove(bases: MachineBases, names: readonly string[]) {
	const unread = listUnreadMachines(bases).filter(({ name }) => names.includes(name));
	const read = names.filter((name) => !unread.some((machine) => machine.name === name));
	return { unread, machines: read.length === 0 ? [] : namedMachines(bases, read) };
}
