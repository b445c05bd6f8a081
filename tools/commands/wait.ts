// `slipway wait`: waits until machines have ended.

import { printable } from '../../native/text/printable.ts';
import { adoptMachine } from '../machine/adopt-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { conditionOf, readSnapshot } from '../machine/machine-snapshot.ts';
import { findMachine } from '../machine/machine-state.ts';
import { namedMachines } from '../options/machine-operands.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Waits until the machines have ended and prints how. Without a NAME it is the only machine that runs.`;

const notes = `Exit code: 0 when all have powered off or halted, 1 when one was killed, panicked or ended otherwise.`;

export const waitCommand: Command = {
	name: 'wait',
	summary: 'wait until machines have ended',
	operands: '[NAME...]',
	about,
	options: {},
	notes,
	async run(args, streams) {
		const { positionals } = readArguments(args, {});
		const bases = machineBases();
		const codes = await Promise.all(
			namedMachines(bases, positionals).map(async (entry) => {
				const { name } = entry.record;
				if (entry.pid !== null) await adoptMachine(entry).exited;
				// The record says whether a command has ended it.
				const ended = { ...findMachine(bases, name), pid: null, isUp: false };
				const { detail, exitCode } = conditionOf(ended, readSnapshot(ended));
				streams.out.write(`${name}: ${printable(detail)}\n`);
				return exitCode ?? 1;
			}),
		);
		return Math.max(...codes);
	},
};
