// The options of all commands of `service` but `exec`, and how a command line is parsed with them. Pure.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { errorMessage } from '../../native/text/error-message.ts';
import { nearestName } from '../../native/text/nearest-name.ts';
import { type OptionValue, wrongValue } from '../contract/option-values.ts';
import { UsageError } from './command.ts';

const options = {
	json: { type: 'boolean' },
	help: { type: 'boolean', short: 'h' },
	all: { type: 'boolean', short: 'a' },
	collect: { type: 'boolean' },
	follow: { type: 'boolean', short: 'f' },
	for: { type: 'string' },
	timeout: { type: 'string' },
	signal: { type: 'string' },
	lines: { type: 'string', short: 'n' },
	since: { type: 'string' },
} as const;

export type OptionName = keyof typeof options;
export type OptionValues = ReturnType<typeof parse>['values'];

/** Returns the index of the command's name in `args`, -1 when there is none. */
export function commandIndex(args: readonly string[]): number {
	return firstOperandIndex(args, options);
}

/** Returns the index of the first word that is neither an option nor the value of one; -1 when there is none. */
export function firstOperandIndex(args: readonly string[], known: ParseArgsConfig['options']): number {
	const { tokens } = parseArgs({
		args: [...args],
		options: known ?? {},
		strict: false,
		allowPositionals: true,
		tokens: true,
	});
	return tokens.find(({ kind }) => kind === 'positional')?.index ?? -1;
}

interface ArgumentRules {
	readonly name: string;
	/** The options that the command takes besides `--json` and `--help`. */
	readonly options: readonly OptionName[];
	/** How many names the command takes, at least and at most. */
	readonly names: readonly [number, number];
}

/** Parses `args` without the command's name. Throws `UsageError`. */
export function parseArguments(
	{ name, options: own, names: [least, most] }: ArgumentRules,
	args: readonly string[],
): { readonly values: OptionValues; readonly names: readonly string[] } {
	const { values, positionals } = parse(args);
	if (values.help === true) return { values, names: [] };
	const accepted: readonly string[] = ['json', ...own];
	const other = Object.keys(values).find((option) => !accepted.includes(option));
	if (other !== undefined) throw new UsageError(`${name} has no option --${other}.`);
	if (positionals.length < least) throw new UsageError(`${name} needs the name of a service.`);
	if (positionals.length > most)
		throw new UsageError(`${name} takes ${most === 0 ? 'no name' : 'one name'}.`);
	return { values, names: positionals };
}

/** Throws `UsageError`. */
export function numberOf(option: string, text: string, value: OptionValue): number {
	const number = value.parse(text);
	if (number === null) throw new UsageError(wrongValue(option, text, value));
	return number;
}

/** Parses the arguments of a command with options of its own. Throws `UsageError`. */
export function parseOptions<T extends NonNullable<ParseArgsConfig['options']>>(
	args: readonly string[],
	known: T,
) {
	try {
		return parseArgs({ args: [...args], options: known, allowPositionals: true });
	} catch (error) {
		throw optionError(error, known);
	}
}

/** Returns in our words what parseArgs says about an option. */
function optionError(cause: unknown, known: NonNullable<ParseArgsConfig['options']>): UsageError {
	const message = errorMessage(cause);
	const [, typed = ''] = /'(-[^' ,]*)/.exec(message) ?? [];
	if (message.startsWith('Unknown option')) {
		const near = nearestName(
			typed.replace(/^-(?!-)/, '--'),
			Object.keys(known).map((name) => `--${name}`),
		);
		return new UsageError(`Unknown option ${typed}${near === null ? '.' : `: did you mean ${near}?`}`);
	}
	if (message.includes('does not take an argument'))
		return new UsageError(`The option ${typed} takes no value.`);
	return new UsageError(typed === '' ? message : `The option ${typed} needs a value.`);
}

function parse(args: readonly string[]) {
	return parseOptions(args, options);
}
