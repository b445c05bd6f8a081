// The command line of `service exec`, with docker's options: `[-tT] [-u USER] [-e NAME=VALUE] [-w DIR] NAME [--] CMD…`.
// The arguments after NAME belong to CMD. Pure.

import type { ParseArgsConfig } from 'node:util';
import { wrongVariable } from '../../contract/option-values.ts';
import { UsageError } from '../command.ts';
import { firstOperandIndex, parseOptions } from '../command-options.ts';

export interface ExecRequest {
	readonly name: string;
	readonly command: readonly [string, ...string[]];
	/** Null for a terminal when stdin is a terminal. */
	readonly terminal: boolean | null;
	/** `USER[:GROUP]`, names or numbers; null for the container's own. */
	readonly user: string | null;
	/** `NAME=VALUE`, or `NAME` for the value in the environment of `service`. */
	readonly env: readonly string[];
	/** Null for the container's own. */
	readonly workdir: string | null;
}

const options = {
	tty: { type: 'boolean', short: 't' },
	'no-tty': { type: 'boolean', short: 'T' },
	// Has no effect, because stdin is always passed on; people type -it.
	interactive: { type: 'boolean', short: 'i' },
	user: { type: 'string', short: 'u' },
	env: { type: 'string', short: 'e', multiple: true },
	workdir: { type: 'string', short: 'w' },
} as const satisfies ParseArgsConfig['options'];

/** Parses the arguments after `exec`. Throws `UsageError`. */
export function parseExecArguments(args: readonly string[]): ExecRequest {
	const found = firstOperandIndex(args, options);
	const nameAt = found === -1 ? args.length : found;
	const { values } = parseOptions(args.slice(0, nameAt), options);
	const name = args[nameAt];
	if (name === undefined) throw new UsageError('exec needs the name of a service.');
	const rest = args.slice(nameAt + 1);
	const [program, ...programArguments] = rest[0] === '--' ? rest.slice(1) : rest;
	if (program === undefined) throw new UsageError(`exec ${name} needs a program to run.`);
	if (values.tty === true && values['no-tty'] === true) throw new UsageError('-t and -T exclude each other.');
	const wrong = wrongVariable('-e', values.env ?? []);
	if (wrong !== null) throw new UsageError(wrong);
	return {
		name,
		command: [program, ...programArguments],
		terminal: values.tty === true ? true : values['no-tty'] === true ? false : null,
		user: values.user ?? null,
		env: values.env ?? [],
		workdir: values.workdir ?? null,
	};
}
