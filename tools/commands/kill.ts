// `slipway kill`: ends machines at once.

import { jsonText } from '../../native/text/json-text.ts';
import { UsageError } from '../errors.ts';
import { killMachine } from '../machine/end-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { jsonArrayOption } from '../options/common-options.ts';
import { dockerKillOptions } from '../options/docker-options.ts';
import { machineNameOptions, namedMachines } from '../options/machine-operands.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Kills QEMU, as if the power were cut: the guest learns nothing of it. "slipway stop" powers off cleanly.`;

export const killCommand: Command = {
	name: 'kill',
	summary: 'cut the power of machines',
	operands: 'NAME...',
	operandsComplete: 'running-machine',
	about,
	options: jsonArrayOption,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, jsonArrayOption, {
			...dockerKillOptions,
			...machineNameOptions,
		});
		if (positionals.length === 0) throw new UsageError('kill needs the NAME of a machine.');
		const ends: { readonly name: string; readonly end: string }[] = [];
		for (const entry of namedMachines(machineBases(), positionals)) {
			const { name } = entry.record;
			const end = await killMachine(entry, 'killed by "slipway kill"');
			if (!values.json) streams.out.write(`${name}: ${end}\n`);
			ends.push({ name, end });
		}
		if (values.json) streams.out.write(jsonText(ends));
		return 0;
	},
};
