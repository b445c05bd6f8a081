// The commands of `service` that take the common options and names of services. Pure.

import { jsonLine } from '../../native/text/json-text.ts';
import type { Command, CommandStreams, Session } from './command.ts';
import { type OptionName, type OptionValues, parseArguments } from './command-options.ts';

/** A command's session with its parsed arguments. */
export interface Call<S extends CommandStreams = CommandStreams> extends Session<S> {
	readonly names: readonly string[];
	readonly values: OptionValues;
}

interface PlainCommand<S extends CommandStreams> extends Omit<Command<S>, 'parse'> {
	readonly options?: readonly OptionName[];
	readonly names?: readonly [number, number];
	run(call: Call<S>): Promise<number>;
}

export const anyNames = [0, Number.POSITIVE_INFINITY] as const;
export const someNames = [1, Number.POSITIVE_INFINITY] as const;

/** Makes a command whose arguments are those options of command-options.ts that it names, and names. */
export function plain<S extends CommandStreams = CommandStreams>({
	options = [],
	names = [0, 0],
	run,
	...command
}: PlainCommand<S>): Command<S> {
	return {
		...command,
		parse(args) {
			const parsed = parseArguments({ name: command.name, options, names }, args);
			return parsed.values.help === true ? null : (session) => run({ ...session, ...parsed });
		},
	};
}

/** The output of `--json`. */
export function jsonLines(values: readonly object[]): string {
	return values.map(jsonLine).join('');
}
