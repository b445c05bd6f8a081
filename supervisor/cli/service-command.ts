// The program `service`: finds the command in the table or prints the help, connects to PID 1's control socket, and turns
// errors into texts and exit codes.

import { errorMessage } from '../../native/text/error-message.ts';
import { nearestName } from '../../native/text/nearest-name.ts';
import { printable } from '../../native/text/printable.ts';
import { type Command, type CommandStreams, exitCodes, UsageError } from './command.ts';
import { commandIndex } from './command-options.ts';
import { commands } from './commands.ts';
import { type ControlClient, openControlClient, RequestError } from './control-client.ts';
import { ExecError } from './exec/run-in-container.ts';
import { checkOutput, ignoreErrors, ReaderGoneError } from './output.ts';

const helpColumn = 30;

/**
 * Returns the exit code. Never throws.
 *
 * @param socket - the path of PID 1's control socket
 */
export async function serviceCommand(
	args: readonly string[],
	socket: string,
	streams: CommandStreams,
): Promise<number> {
	const out = checkOutput(streams.out);
	ignoreErrors(streams.err);
	let client: ControlClient | null = null;
	let command: Command | null = null;
	try {
		const index = commandIndex(args);
		command = findCommand(args[index] ?? 'list');
		const action = command.parse(args.filter((_, position) => position !== index));
		if (action === null) {
			out.write(helpText());
			return 0;
		}
		client = await openControlClient(socket);
		return await action({ client, out, streams });
	} catch (error) {
		if (error instanceof ReaderGoneError) return exitCodes.readerGone;
		const hint = error instanceof UsageError ? ' See "service help".' : '';
		streams.err.write(`service: ${printable(errorMessage(error))}${hint}\n`);
		return exitCodeOf(error, command);
	} finally {
		client?.close();
	}
}

function findCommand(name: string): Command {
	const command = commands.find((each) => each.name === name);
	if (command !== undefined) return command;
	const near = nearestName(
		name,
		commands.map((each) => each.name),
	);
	const hint = near === null ? '' : ` Did you mean ${near}?`;
	throw new UsageError(`There is no command "${name}".${hint}`);
}

function exitCodeOf(error: unknown, command: Command | null): number {
	if (error instanceof UsageError) return exitCodes.usage;
	if (error instanceof ExecError) return error.exitCode;
	const code = error instanceof RequestError ? error.code : null;
	if (code === 'forbidden') return exitCodes.notPermitted;
	if (code === 'unknown-service') return command?.unknownExitCode ?? exitCodes.unknown;
	return exitCodes.failed;
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
