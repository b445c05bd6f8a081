// Performs a command whose arguments are parsed, and turns its errors into texts and exit codes.

import { errorMessage } from '../../native/text/error-message.ts';
import { printable } from '../../native/text/printable.ts';
import {
	type Action,
	type Command,
	type CommandStreams,
	ExecError,
	exitCodes,
	UsageError,
} from './command.ts';
import { type ControlClient, RequestError } from './control-requests.ts';
import { type CheckedOutput, type Output, ReaderGoneError } from './output.ts';

/**
 * Returns the exit code. Never throws.
 *
 * @param open - is closed again
 */
export async function performCommand<S extends CommandStreams>(
	{ command, action }: { readonly command: Command<S>; readonly action: Action<S> },
	open: () => Promise<ControlClient>,
	out: CheckedOutput,
	streams: S,
): Promise<number> {
	let client: ControlClient | null = null;
	try {
		client = await open();
		return await action({ client, out, streams });
	} catch (error) {
		return reportError(error, command, streams.err);
	} finally {
		client?.close();
	}
}

/**
 * Returns the exit code.
 *
 * @param command - null when the command line names none
 */
export function reportError<S extends CommandStreams>(
	error: unknown,
	command: Command<S> | null,
	err: Output,
): number {
	if (error instanceof ReaderGoneError) return exitCodes.readerGone;
	const hint = error instanceof UsageError ? ' See "service help".' : '';
	err.write(`service: ${printable(errorMessage(error))}${hint}\n`);
	return exitCodeOf(error, command?.unknownExitCode);
}

function exitCodeOf(error: unknown, unknownExitCode: number = exitCodes.unknown): number {
	if (error instanceof UsageError) return exitCodes.usage;
	if (error instanceof ExecError) return error.exitCode;
	const code = error instanceof RequestError ? error.code : null;
	if (code === 'forbidden') return exitCodes.notPermitted;
	return code === 'unknown-service' ? unknownExitCode : exitCodes.failed;
}
