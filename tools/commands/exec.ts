// `slipway exec`: runs a program in the container of a guest's service, from the host.

import { UsageError } from '../errors.ts';
import { dockerExecOptions } from '../options/docker-options.ts';
import {
	commandOf,
	guestOptions,
	guestService,
	splitLeadingOptions,
	variableWords,
} from '../options/guest-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { printableOutput } from '../terminal/printable-output.ts';

const about = `Runs CMD in the container of SERVICE, as the container's own user and with its capabilities and limits. CMD gets a
terminal where slipway has one, and its stdin; Ctrl-C then reaches CMD. What CMD prints to a terminal of its own is not
filtered; without one (-T), control characters become spaces on yours.`;

const options = {
	tty: { short: 't', help: 'a terminal; an error where slipway has none' },
	'no-tty': { short: 'T', help: 'no terminal' },
	interactive: {
		short: 'i',
		help: 'has no effect, because CMD always gets stdin: for the habit of typing -it',
	},
	user: {
		short: 'u',
		value: 'USER[:GROUP]',
		help: 'another user, by the names of the container or by numbers',
	},
	env: { short: 'e', value: 'NAME=VALUE', isRepeatable: true, help: "a variable besides the container's" },
	workdir: { short: 'w', value: 'DIR', help: 'the working directory' },
	...guestOptions,
} as const satisfies OptionTable;

const notes = `Exit code: that of CMD; 126 when it can't be executed, 127 when it is not there, 128 and the signal's number when a
signal has ended it.`;

export const execCommand: Command = {
	name: 'exec',
	summary: "run a program in a service's container",
	operands: 'SERVICE -- CMD...',
	about,
	options,
	notes,
	async run(args, streams) {
		const { own, rest } = splitLeadingOptions(args, options);
		const { values } = readArguments(own, options, dockerExecOptions);
		const [service, ...following] = rest;
		if (service === undefined) throw new UsageError('exec needs the name of a service, and a program.');
		const { user, env, workdir } = values;
		const variables = variableWords(env);
		const terminal = wantsTerminal(values.tty, values['no-tty']);
		const words = commandOf(following);
		if (words.length === 0) throw new UsageError(`exec ${service} needs a program to run.`);
		return await guestService(values)({
			args: [
				'exec',
				terminal ? '-t' : '-T',
				...(user === undefined ? [] : [`--user=${user}`]),
				...variables,
				...(workdir === undefined ? [] : [`--workdir=${workdir}`]),
				service,
				'--',
				...words,
			],
			terminal,
			input: process.stdin,
			out: printableOutput(streams.out),
			err: printableOutput(streams.err),
		});
	},
};

function wantsTerminal(tty: boolean, noTty: boolean): boolean {
	const isThere = process.stdin.isTTY === true && process.stdout.isTTY === true;
	if (tty && noTty) throw new UsageError('-t and -T exclude each other.');
	if (tty && !isThere) throw new UsageError('-t: stdin and stdout of slipway are no terminal.');
	return isThere && !noTty;
}
