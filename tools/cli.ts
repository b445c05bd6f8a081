// The command `slipway`: finds the command and runs it. It is the only place that prints errors and sets exit codes.

import { styled } from '../native/text/colour.ts';
import { nearestName } from '../native/text/nearest-name.ts';
import { printableLines } from '../native/text/printable.ts';
import { shortened } from '../native/text/shortened.ts';
import { commandGroups } from './command-groups.ts';
import { SlipwayError, UsageError } from './errors.ts';
import { isSystemError } from './files/system-error.ts';
import { UnknownOptionError } from './terminal/arguments.ts';
import type { Command } from './terminal/command.ts';
import { helpText } from './terminal/help-text.ts';
import { isColoured, type Streams } from './terminal/streams.ts';

export const commands: readonly Command[] = commandGroups.flatMap(({ members }) => members);

/** Whatever an error quotes, it leaves the terminal readable. */
const maxErrorLength = 100_000;

/** Runs the command that `args` name, and resolves with the exit code. Never rejects. */
export async function main(args: readonly string[], streams: Streams): Promise<number> {
	// `help run` is `run --help`.
	const [word, ...named] = args;
	const asked = word === 'help' && named.length > 0 ? [...named, '--help'] : args;
	const found = findCommand(asked);
	try {
		if (found === null) return overview(asked, streams);
		if (asksForHelp(found.rest)) {
			streams.out.write(helpText(found.command));
			return 0;
		}
		return await found.command.run(found.rest, streams);
	} catch (error) {
		const name = found?.command.name ?? familyOf(asked);
		const text = printableLines(shortened(errorText(error, name), maxErrorLength));
		streams.err.write(
			`${isColoured(streams.err) ? text.replace(/^slipway:/, styled('slipway:', 'bad')) : text}\n`,
		);
		return error instanceof UsageError ? 2 : (found?.command.failureExitCode ?? 1);
	}
}

/** A command's name is one word or two (`pkg build`). */
function findCommand(args: readonly string[]): { command: Command; rest: readonly string[] } | null {
	for (const length of [2, 1]) {
		const name = args.slice(0, length).join(' ');
		const command = commands.find((candidate) => candidate.name === name);
		if (command !== undefined) return { command, rest: args.slice(length) };
	}
	return null;
}

/** Returns the first word when commands of two words begin with it (`pkg`), else null. */
function familyOf([word]: readonly string[]): string | null {
	return word !== undefined && commands.some(({ name }) => name.startsWith(`${word} `)) ? word : null;
}

function asksForHelp(args: readonly string[]): boolean {
	const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
	return ['--help', '-h', '-help'].some((word) => options.includes(word));
}

/** Answers a command line that names no whole command: with the list of commands, the version, or an error. */
function overview(args: readonly string[], streams: Streams): number {
	const [word, second] = args;
	// Whoever has just installed it types its name alone.
	if (word === undefined) {
		streams.err.write(list(commands));
		return 2;
	}
	const family = familyOf(args);
	if (family !== null) {
		const members = commands.filter(({ name }) => name.startsWith(`${family} `));
		if (second === undefined) throw new UsageError(`${word} is not a whole command: ${expected(members)}`);
		if (second !== '--help' && second !== '-h') throw unknownCommand(`${word} ${second}`, members);
		streams.out.write(list(members));
		return 0;
	}
	if (word === '--version' || word === 'version') {
		streams.out.write(`slipway ${process.env['SLIPWAY_VERSION'] ?? 'development'}\n`);
		return 0;
	}
	if (word !== '--help' && word !== '-h' && word !== 'help') throw unknownCommand(word, commands);
	streams.out.write(list(commands));
	return 0;
}

/** The commands for words of Docker, LinuxKit, systemd and virsh. */
const otherNames: Readonly<Record<string, string>> = {
	images: 'cache ls',
	rmi: 'cache rm',
	load: 'cache import',
	save: 'cache export',
	'cache clean': 'cache prune',
	'pkg show-tag': 'pkg ls',
	check: 'validate',
	lint: 'validate',
	init: 'new',
	create: 'new',
	boot: 'run',
	launch: 'run',
	compose: 'up',
	start: 'restart',
	reboot: 'restart',
	down: 'stop',
	shutdown: 'stop',
	poweroff: 'stop',
	attach: 'console',
	shell: 'exec',
	ssh: 'exec',
	ls: 'ps',
	list: 'ps',
	status: 'ps',
	history: 'explain',
};

function unknownCommand(typed: string, candidates: readonly Command[]): UsageError {
	if (typed === '-v' || typed === '-V')
		return new UsageError(`Unknown option ${typed}: did you mean --version?`);
	if (typed.startsWith('-')) {
		const isOfCommand = candidates.some(({ options }) => Object.hasOwn(options, typed.replace(/^--?/, '')));
		const meant = isOfCommand ? null : nearestName(typed, ['--version', '--help']);
		if (meant !== null) return new UsageError(`Unknown option ${typed}: did you mean ${meant}?`);
		return new UsageError(
			`Unknown option ${typed.replace(/=.*/s, '')}: options follow the command, for example "slipway build --cache DIR FILE.yml".`,
		);
	}
	const names = candidates.map(({ name }) => name);
	const families = candidates.flatMap(({ name }) => familyOf(name.split(' ')) ?? []);
	const nearest =
		(Object.hasOwn(otherNames, typed) ? otherNames[typed] : undefined) ??
		names.find((name) => name.endsWith(` ${typed}`)) ??
		nearestName(typed, [...names, ...families]);
	if (nearest !== null) return new UsageError(`Unknown command "${typed}": did you mean "${nearest}"?`);
	const known = candidates === commands ? '"slipway help" lists all.' : expected(candidates);
	return new UsageError(`Unknown command "${typed}": ${known}`);
}

function expected(candidates: readonly Command[]): string {
	return `expected one of ${candidates.map(({ name }) => name).join(', ')}.`;
}

function list(shown: readonly Command[]): string {
	const width = Math.max(...shown.map((command) => command.name.length));
	const isWhole = shown === commands;
	const groups = commandGroups.flatMap(({ heading, members }) => {
		const lines = members
			.filter((member) => shown.includes(member))
			.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
		return lines.length === 0 ? [] : [`${isWhole ? heading : 'Commands'}:`, ...lines, ''];
	});
	return [
		'Usage: slipway COMMAND [options]',
		'',
		'Turns a YAML file into a small, immutable Linux system and launches it.',
		'',
		...groups,
		...(isWhole ? ['To start: slipway new web; slipway up web.yml; slipway stop', ''] : []),
		'"slipway COMMAND --help" describes one of them; "slipway --version" prints the',
		'version of slipway.',
		'',
	].join('\n');
}

/** Returns a sentence about the commands that have an option, with a space before it; empty when there are none. */
function ownersOf(option: string): string {
	const name = option.replace(/^--?/, '');
	const owners = commands
		.filter(({ options }) => Object.hasOwn(options, name))
		.map((each) => `"slipway ${each.name}"`);
	if (name.length < 2 || owners.length === 0 || owners.length > mostOwners) return '';
	return ` It is an option of ${owners.join(', ').replace(/, (?=[^,]*$)/, ' and ')}.`;
}

/** More commands than these are no help in an error. */
const mostOwners = 6;

/** @param command - a command or family whose help the user may need; null for the list of all commands */
function errorText(error: unknown, command: string | null): string {
	if (error instanceof UsageError) {
		return `slipway: ${error.message}${error instanceof UnknownOptionError ? ownersOf(error.option) : ''}\nSee: slipway ${command === null ? '' : `${command} `}--help`;
	}
	if (error instanceof SlipwayError) return `slipway: ${error.message}`;
	if (isSystemError(error)) return `slipway: ${error.message}`;
	// Any other error is a fault of slipway. A report needs the stack.
	return `slipway: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
