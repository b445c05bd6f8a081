// `slipway stop`: powers machines off.

import { jsonText } from '../../native/text/json-text.ts';
import { stopMachine } from '../machine/end-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { jsonArrayOption } from '../options/common-options.ts';
import { dockerStopOptions } from '../options/docker-options.ts';
import { machineNameOptions, namedMachines } from '../options/machine-operands.ts';
import { showPowerOff } from '../options/power-off-progress.ts';
import { stopTimeMs, stopTimeOption } from '../options/stop-time-option.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Powers machines off cleanly: services end in their order, onshutdown containers run, disks are flushed. A guest whose
PID 1 is not Slipway's gets the power button pressed. What still runs after the time is killed. Without a NAME
it is the only machine that runs.`;

const options = { ...stopTimeOption, ...jsonArrayOption } as const satisfies OptionTable;

export const stopCommand: Command = {
	name: 'stop',
	summary: 'power machines off',
	operands: '[NAME...]',
	operandsComplete: 'running-machine',
	about,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options, {
			...dockerStopOptions,
			...machineNameOptions,
		});
		const graceMs = stopTimeMs(values.time);
		const machines = namedMachines(machineBases(), positionals);
		const progress = showPowerOff(
			machines.map(({ record }) => record.name),
			streams.err,
		);
		const ends = await Promise.all(
			machines.map(async (entry) => {
				const { name } = entry.record;
				const end = await stopMachine(entry, graceMs);
				progress.ended(name);
				if (!values.json) streams.out.write(`${name}: ${end}\n`);
				return { name, end };
			}),
		).finally(() => progress.end());
		if (values.json) streams.out.write(jsonText(ends));
		return 0;
	},
};
