// `slipway logs`: the logs of a guest's services, from the host.

import { lineCount, sinceTime } from '../../supervisor/contract/option-values.ts';
import { dockerLogsOptions } from '../options/docker-options.ts';
import { checkValue, guestOptions, guestService } from '../options/guest-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { printableOutput } from '../terminal/printable-output.ts';

const about = `Shows what the services of a guest have written, oldest first. SERVICE may also be an onboot container
(dhcpcd, or onboot/000-dhcpcd), or init for the log of PID 1. Without SERVICE, all services.`;

const options = {
	follow: { short: 'f', help: 'go on with what comes, until Ctrl-C' },
	lines: { short: 'n', value: 'LINES', help: 'only the last lines' },
	tail: { value: 'LINES', help: 'the same as --lines' },
	since: { value: 'TIME', help: 'only lines since then: 10m, 1h30m or 2026-11-21T13:00:00Z' },
	json: { help: 'print one JSON object a line, for programs' },
	...guestOptions,
} as const satisfies OptionTable;

export const logsCommand: Command = {
	name: 'logs',
	summary: "show the logs of a guest's services",
	operands: '[SERVICE...]',
	about,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options, dockerLogsOptions);
		const lines = values.lines ?? (values.tail === 'all' ? undefined : values.tail);
		checkValue(values.lines === undefined ? '--tail' : '-n', lines, lineCount);
		checkValue('--since', values.since, sinceTime(Date.now()));
		const [out, err] = [printableOutput(streams.out), printableOutput(streams.err)];
		return await guestService(values)({
			args: [
				'logs',
				...(values.follow ? ['-f'] : []),
				...(lines === undefined ? [] : [`--lines=${lines}`]),
				...(values.since === undefined ? [] : [`--since=${values.since}`]),
				...(values.json ? ['--json'] : []),
				'--',
				...positionals,
			],
			terminal: false,
			input: null,
			out,
			err,
		});
	},
};
