// `slipway stats`: what the services of a guest use, once.

import { UsageError } from '../errors.ts';
import { dockerStatsOptions } from '../options/docker-options.ts';
import { guestOptions, guestService } from '../options/guest-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { printableOutput } from '../terminal/printable-output.ts';

const about = `Prints once what each service of a guest uses: memory, tasks, processors over one second. "slipway top" goes on.`;

const options = {
	json: { help: 'print one JSON object a line, for programs' },
	...guestOptions,
} as const satisfies OptionTable;

export const statsCommand: Command = {
	name: 'stats',
	summary: 'print once what the services of a machine use',
	operands: '',
	about,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options, dockerStatsOptions);
		if (positionals.length > 0)
			throw new UsageError(
				`stats takes no ${positionals[0]}. A machine is named by --system ${positionals[0]}.`,
			);
		const [out, err] = [printableOutput(streams.out), printableOutput(streams.err)];
		const words = ['stats', ...(values.json ? ['--json'] : [])];
		return await guestService(values)({ args: words, terminal: false, input: null, out, err });
	},
};
