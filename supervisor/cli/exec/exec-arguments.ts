// The command line of `service exec`, with docker's options: `[-tT] [-u USER] [-e NAME=VALUE] [-w DIR] NAME [--] CMD…`.
// Pure. What stands after NAME belongs to CMD.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from '../command.ts';

export interface ExecRequest {
	readonly name: string;
	readonly command: readonly [string, ...string[]];
	/** Null: a terminal where stdin is one. */
	readonly terminal: boolean | null;
	/** `USER[:GROUP]`, names or numbers; null: the container's own. */
	readonly user: string | null;
	/** `NAME=VALUE`, or `NAME` for the value that it has where `service` is called. */
	readonly env: readonly string[];
	/** Null: the container's own. */
	readonly workdir: string | null;
}

const options = {
	tty: { type: 'boolean', short: 't' },
	'no-tty': { type: 'boolean', short: 'T' },
	// stdin is always passed on; people type -it.
	interactive: { type: 'boolean', short: 'i' },
	user: { type: 'string', short: 'u' },
	env: { type: 'string', short: 'e', multiple: true },
	workdir: { type: 'string', short: 'w' },
} as const satisfies ParseArgsConfig['options'];

/** @param args - what stands after `exec`. Throws `UsageError`. */
export function parseExecArguments(args: readonly string[]): ExecRequest {
	const { tokens } = parseArgs({
		args: [...args],
		options,
		strict: false,
		allowPositionals: true,
		tokens: true,
	});
	const nameAt = tokens.find(({ kind }) => kind === 'positional')?.index ?? args.length;
	const values = parseOptions(args.slice(0, nameAt));
	const name = args[nameAt];
	if (name === undefined) throw new UsageError('exec needs the name of a service.');
	const rest = args.slice(nameAt + 1);
	const [program, ...words] = rest[0] === '--' ? rest.slice(1) : rest;
	if (program === undefined) throw new UsageError(`exec ${name} needs a program to run.`);
	if (values.tty === true && values['no-tty'] === true) throw new UsageError('-t and -T exclude each other.');
	return {
		name,
		command: [program, ...words],
		terminal: values.tty === true ? true : values['no-tty'] === true ? false : null,
		user: values.user ?? null,
		env: values.env ?? [],
		workdir: values.workdir ?? null,
	};
}

function parseOptions(args: readonly string[]) {
	try {
		return parseArgs({ args: [...args], options, allowPositionals: true }).values;
	} catch (error) {
		throw new UsageError((error as Error).message);
	}
}
