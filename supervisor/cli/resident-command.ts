// `service` inside of PID 1: runs a command for a client that only shows its output (native/client).

import type { HandleRequest } from '../control/control-server.ts';
import type { Action, Command, CommandStreams } from './command.ts';
import { commandIndex } from './command-options.ts';
import { checkOutput } from './output.ts';
import { performCommand } from './perform-command.ts';
import { residentClient } from './resident-client.ts';
import { residentCommands } from './resident-commands.ts';

interface ParsedCommand {
	readonly command: Command;
	readonly action: Action<CommandStreams>;
}

/**
 * Returns null for a command that the caller must run in a process of its own: `exec` and `logs`, the help, and a wrong
 * command line, whose error names commands and options.
 *
 * Otherwise resolves with the exit code; never rejects.
 *
 * @param gone - is aborted when the client has gone
 */
export function residentCommand(
	args: readonly string[],
	handle: HandleRequest,
	gone: AbortSignal,
	streams: CommandStreams,
): Promise<number> | null {
	const parsed = parse(args);
	if (parsed === null) return null;
	const open = async () => residentClient(handle, gone);
	return performCommand(parsed, open, checkOutput(streams.out), { ...streams, ended: gone });
}

function parse(args: readonly string[]): ParsedCommand | null {
	try {
		const index = commandIndex(args);
		const name = args[index] ?? 'list';
		const command = residentCommands.find((each) => each.name === name);
		const action = command?.parse(args.filter((_, position) => position !== index)) ?? null;
		return command === undefined || action === null ? null : { command, action };
	} catch {
		return null;
	}
}
