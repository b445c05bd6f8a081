// The program `service` as a process of its own: finds the command in the table or prints the help, and connects to PID 1's
// control socket.

import { nearestName } from '../../native/text/nearest-name.ts';
import { type CallerStreams, type Command, UsageError } from './command.ts';
import { commandIndex } from './command-options.ts';
import { commands } from './commands.ts';
import { openControlClient } from './control-client.ts';
import { checkOutput, ignoreErrors } from './output.ts';
import { performCommand, reportError } from './perform-command.ts';
import { replaceCommand } from './replace-command.ts';

const helpColumn = 29;

/**
 * Returns the exit code. Never throws.
 *
 * @param socket - the path of PID 1's control socket
 */
export async function serviceCommand(
	args: readonly string[],
	socket: string,
	streams: CallerStreams,
): Promise<number> {
	const out = checkOutput(streams.out);
	ignoreErrors(streams.err);
	let command: Command<CallerStreams> | null = null;
	try {
		const index = commandIndex(args);
		command = findCommand(args[index] ?? 'list', args[index + 1]);
		const action = command.parse(args.filter((_, position) => position !== index));
		if (action === null) {
			// `service --help` names no command.
			out.write(index === -1 || command.name === 'help' ? helpText() : commandHelp(command));
			return 0;
		}
		return await performCommand({ command, action }, () => openControlClient(socket), out, streams);
	} catch (error) {
		return reportError(error, command, streams.err);
	}
}

function findCommand(name: string, next: string | undefined): Command<CallerStreams> {
	const command = named(name);
	if (command !== undefined) return command;
	// As System V's service has it.
	if (next !== undefined && named(next) !== undefined) {
		throw new UsageError(`The command comes first: service ${next} ${name}.`);
	}
	const near = nearestName(
		name,
		commands.map((each) => each.name),
	);
	const hint = near === null ? '' : ` Did you mean ${near}?`;
	throw new UsageError(`There is no command "${name}".${hint}`);
}

function named(name: string): Command<CallerStreams> | undefined {
	return name === replaceCommand.name ? replaceCommand : commands.find((each) => each.name === name);
}

/** Fits a terminal of 80 columns and 24 rows. */
function helpText(): string {
	return [
		'Usage: service [--json] COMMAND\n\n',
		...commands.map(({ name, brief: [args, text] }) => helpLine(`${name} ${args}`, text)),
		'\n',
		helpLine('--json', 'for machines: JSON, one object a line'),
	].join('');
}

function helpLine(left: string, text: string): string {
	return `${`  ${left}`.padEnd(helpColumn)}${text}\n`;
}

function commandHelp({ name, usage, help }: Command<CallerStreams>): string {
	return `${`Usage: service ${name} ${usage}`.trimEnd()}\n\n${help.map((line) => `  ${line}\n`).join('')}`;
}
