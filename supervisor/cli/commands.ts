// The commands of `service`, one table: dispatch, help and errors follow from it. Those that stand here run in the caller's own
// process only: `logs` reads files of any size, maybe from a disk that hangs, and `exec` needs the caller's terminal.

import type { ServiceProcess } from '../contract/protocol.ts';
import { type CallerStreams, type Command, UsageError } from './command.ts';
import { tarCommand } from './copy/tar-command.ts';
import { parseExecArguments } from './exec/exec-arguments.ts';
import { runInContainer } from './exec/run-in-container.ts';
import { logsCommand } from './logs-command.ts';
import { anyNames, plain } from './plain-command.ts';
import { residentCommands } from './resident-commands.ts';
import { runCommand } from './run/run-command.ts';

export const commands: readonly Command<CallerStreams>[] = [
	...residentCommands,
	plain<CallerStreams>({
		name: 'logs',
		brief: ['[-f] [-n N] [NAME...]', 'what services have written'],
		usage: '[-f] [-n LINES] [--since 10m] [NAME...]',
		help: [
			'what services have written (all of them, if none is named); -f goes on;',
			"a NAME may be an onboot container's (onboot/000-dhcpcd, or dhcpcd), or init for PID 1",
		],
		options: ['follow', 'lines', 'since'],
		names: anyNames,
		async run({ client, names, values, out, streams }) {
			const { lines, since, follow = false, json = false } = values;
			await logsCommand(
				client,
				{ names, lines, since, follow, json },
				{
					places: streams.logPlaces,
					write: (text) => out.write(text),
					ended: AbortSignal.any([out.failed, ...(streams.ended === undefined ? [] : [streams.ended])]),
					nowSeconds: () => streams.nowSeconds(),
				},
			);
			return 0;
		},
	}),
	{
		name: 'exec',
		brief: ['NAME -- CMD...', 'run a program in its container'],
		usage: '[-t|-T] [-u USER] [-e NAME=VALUE] [-w DIR] NAME -- CMD...',
		help: ['run a program in its container, on a terminal where there is one (-t, -T: yes, no)'],
		parse(args) {
			if (args[0] === '--help' || args[0] === '-h') return null;
			const request = parseExecArguments(args);
			return async ({ client, streams }) => {
				const isTerminal = process.stdin.isTTY === true;
				if (request.terminal === true && !isTerminal) throw new UsageError('-t: stdin is no terminal.');
				const service = await client.request<ServiceProcess>({ command: 'process', name: request.name });
				// PID 1 has no part in what follows.
				client.close();
				const terminal = request.terminal ?? isTerminal;
				return await runInContainer(streams.openNative(), request, service, terminal);
			};
		},
	},
	runCommand,
	tarCommand,
	{
		name: 'help',
		brief: ['', 'this text; service COMMAND --help has more'],
		usage: '',
		help: ['this text'],
		parse: () => null,
	},
];
