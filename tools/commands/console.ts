// `slipway console`: connects the terminal with the console of a machine that another command has started.

import { adoptMachine } from '../machine/adopt-machine.ts';
import { attachConsole } from '../machine/attach-console.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { describeExit } from '../machine/machine-end.ts';
import { machineNameOptions, namedMachine } from '../options/machine-operands.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Shows the console of a machine, from the end of what it has printed, and sends it what is typed, Ctrl-C included.
Ctrl-A D detaches: the machine runs on. Several terminals may be attached at once. Without a NAME it is the only
machine that runs.`;

export const consoleCommand: Command = {
	name: 'console',
	summary: "use a machine's console",
	operands: '[NAME]',
	operandsComplete: 'running-machine',
	about,
	options: {},
	async run(args, streams) {
		const { positionals } = readArguments(args, {}, machineNameOptions);
		const entry = namedMachine(machineBases(), 'console', positionals);
		const machine = adoptMachine(entry);
		if (process.stdin.isTTY) {
			streams.err.write(
				`The console of ${entry.record.name}: press Enter for a prompt, Ctrl-A D detaches.\n`,
			);
		}
		const { stdin: input, stdout: screen } = process;
		const end = await attachConsole(machine, { input, output: streams.out, screen }, 'd');
		const { name } = entry.record;
		if (end === 'quit') streams.err.write(`\nDetached: ${name} runs on.\n`);
		else streams.err.write(`\n${name} has ended: ${describeExit(await machine.exited)}.\n`);
		return 0;
	},
};
