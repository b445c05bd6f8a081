// `slipway wait`: waits until machines have ended.

import { jsonText } from '../../native/text/json-text.ts';
import { printable } from '../../native/text/printable.ts';
import { adoptMachine } from '../machine/adopt-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { conditionOf, readSnapshot } from '../machine/machine-snapshot.ts';
import { findMachine } from '../machine/machine-state.ts';
import { jsonArrayOption } from '../options/common-options.ts';
import { machineNameOptions, namedMachines } from '../options/machine-operands.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Waits until the machines have ended and prints how. Without a NAME it is the only machine that runs.`;

const notes = `Exit code: 0 when all have powered off or halted, 1 when one was killed, panicked or ended otherwise.`;

export const waitCommand: Command = {
	name: 'wait',
	summary: 'wait until machines have ended',
	operands: '[NAME...]',
	operandsComplete: 'machine',
	about,
	options: jsonArrayOption,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, jsonArrayOption, machineNameOptions);
		const bases = machineBases();
		const ends = await Promise.all(
			namedMachines(bases, positionals).map(async (entry) => {
				const { name } = entry.record;
				if (entry.pid !== null) await adoptMachine(entry).exited;
				// The record says whether a command has ended it.
				const ended = { ...findMachine(bases, name), pid: null, isUp: false };
				const { detail, exitCode } = conditionOf(ended, readSnapshot(ended));
				const end = { name, detail: printable(detail), exitCode: exitCode ?? 1 };
				if (!values.json) streams.out.write(`${name}: ${end.detail}\n`);
				return end;
			}),
		);
		if (values.json) streams.out.write(jsonText(ends));
		return Math.max(...ends.map((end) => end.exitCode));
	},
};
