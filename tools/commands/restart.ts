// `slipway restart`: powers machines off and starts them again.

import { jsonText } from '../../native/text/json-text.ts';
import { SlipwayError } from '../errors.ts';
import { stopMachine } from '../machine/end-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { findMachine } from '../machine/machine-state.ts';
import { nameAgain } from '../machine/named-machine.ts';
import { runDetached } from '../machine/run-machine.ts';
import { jsonArrayOption } from '../options/common-options.ts';
import { machineJson } from '../options/machine-json.ts';
import { machineNameOptions, namedMachines } from '../options/machine-operands.ts';
import { showPowerOff } from '../options/power-off-progress.ts';
import { stopTimeMs, stopTimeOption } from '../options/stop-time-option.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Powers machines off and starts them again in the background, with the options of their "slipway run" and the
system's files as they are now. A machine that has ended is started. Its console log goes on.`;

const options = { ...stopTimeOption, ...jsonArrayOption } as const satisfies OptionTable;

export const restartCommand: Command = {
	name: 'restart',
	summary: 'power machines off and start them again',
	operands: '[NAME...]',
	operandsComplete: 'machine',
	about,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options, machineNameOptions);
		const graceMs = stopTimeMs(values.time);
		const bases = machineBases();
		const machines = namedMachines(bases, positionals);
		for (const { record, isUp } of machines) {
			if (!record.attached || !isUp) continue;
			throw new SlipwayError(
				'BAD_INPUT',
				`The machine ${record.name} belongs to a "slipway run" in the foreground. End it there, or: slipway stop ${record.name}`,
			);
		}
		const shown = values.json ? { ...streams, out: streams.err } : streams;
		for (const entry of machines) {
			const progress = showPowerOff([entry.record.name], streams.err);
			await stopMachine(entry, graceMs).finally(() => progress.end());
			await runDetached(await nameAgain(bases, entry), null, shown);
		}
		if (values.json) {
			const started = machines.map(({ record }) => machineJson(findMachine(bases, record.name)));
			streams.out.write(jsonText(started));
		}
		return 0;
	},
};
