// The program `service` as a process of its own: finds the command in the table or prints the help, and connects to PID 1's
// control socket.

import { nearestName } from '../../native/text/nearest-name.ts';
import { type CallerStreams, type Command, UsageError } from './command.ts';
import { commandIndex } from './command-options.ts';
import { commands } from './commands.ts';
import { openControlClient } from './control-client.ts';
import { checkOutput, ignoreErrors } from './output.ts';
import { performCommand, reportError } from './perform-command.ts';

const helpColumn = 30;

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
		command = findCommand(args[index] ?? 'list');
		const action = command.parse(args.filter((_, position) => position !== index));
		if (action === null) {
			out.write(helpText());
			return 0;
		}
		return await performCommand({ command, action }, () => openControlClient(socket), out, streams);
	} catch (error) {
		return reportError(error, command, streams.err);
	}
}

function findCommand(name: string): Command<CallerStreams> {
	const command = commands.find((each) => each.name === name);
	if (command !== undefined) return command;
	const near = nearestName(
		name,
		commands.map((each) => each.name),
	);
	const hint = near === null ? '' : ` Did you mean ${near}?`;
	throw new UsageError(`There is no command "${name}".${hint}`);
}

function helpText(): string {
	return [
		'Usage: service [--json] COMMAND\n\nCommands:\n',
		...commands.map(({ name, usage, help }) => helpEntry(`${name} ${usage}`.trimEnd(), help)),
		'\n',
		helpEntry('--json', ['for machines: JSON, one object a line']),
	].join('');
}

/** A left side that reaches the column of the text gets a line of its own. */
function helpEntry(left: string, lines: readonly string[]): string {
	const indented = `  ${left}`;
	const fits = indented.length < helpColumn - 1;
	const texts = lines.map(
		(line, index) => `${(index === 0 && fits ? indented : '').padEnd(helpColumn)}${line}\n`,
	);
	return `${fits ? '' : `${indented}\n`}${texts.join('')}`;
}
