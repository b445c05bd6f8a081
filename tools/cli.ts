// `slipway`: finds the command, runs it, and is the one place that prints errors and sets exit codes.

import { printableLines } from '../native/text/printable.ts';
import { buildCommand } from './commands/build.ts';
import { cacheExportCommand } from './commands/cache-export.ts';
import { cacheImportCommand } from './commands/cache-import.ts';
import { cacheLsCommand } from './commands/cache-ls.ts';
import { cachePruneCommand } from './commands/cache-prune.ts';
import { cachePullCommand } from './commands/cache-pull.ts';
import { cachePushCommand } from './commands/cache-push.ts';
import { cacheRmCommand } from './commands/cache-rm.ts';
import type { Command } from './commands/command.ts';
import { pkgBuildCommand } from './commands/pkg-build.ts';
import { pkgLsCommand } from './commands/pkg-ls.ts';
import { pkgPushCommand } from './commands/pkg-push.ts';
import { runCommand } from './commands/run.ts';
import { schemaCommand } from './commands/schema.ts';
import { validateCommand } from './commands/validate.ts';
import { SlipwayError, UsageError } from './errors.ts';
import type { Streams } from './terminal/streams.ts';

const commands: readonly Command[] = [
	buildCommand,
	validateCommand,
	schemaCommand,
	runCommand,
	pkgBuildCommand,
	pkgLsCommand,
	pkgPushCommand,
	cacheLsCommand,
	cachePullCommand,
	cachePushCommand,
	cacheImportCommand,
	cacheExportCommand,
	cacheRmCommand,
	cachePruneCommand,
];

export async function main(args: readonly string[], streams: Streams): Promise<number> {
	const found = findCommand(args);
	try {
		if (found === null) return overview(args, streams);
		if (found.rest.includes('--help') || found.rest.includes('-h')) {
			streams.out.write(found.command.help);
			return 0;
		}
		return await found.command.run(found.rest, streams);
	} catch (error) {
		streams.err.write(`${printableLines(errorText(error, found?.command ?? null))}\n`);
		return error instanceof UsageError ? 2 : 1;
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

function overview(args: readonly string[], streams: Streams): number {
	const [word] = args;
	const family = commands.filter((command) => command.name.startsWith(`${word} `));
	const rest = args.slice(family.length > 0 ? 1 : 0);
	if (word === '--help' || word === '-h' || word === 'help' || (family.length > 0 && rest[0] === '--help')) {
		streams.out.write(list(family.length > 0 ? family : commands));
		return 0;
	}
	if (word === '--version' || word === 'version') {
		streams.out.write(`slipway ${process.env['SLIPWAY_VERSION'] ?? 'development'}\n`);
		return 0;
	}
	if (word === undefined) throw new UsageError('No command was given.');
	if (family.length > 0) {
		const known = family.map((command) => command.name).join(', ');
		throw new UsageError(
			args.length === 1
				? `${word} is not a whole command: expected one of ${known}.`
				: `Unknown command "${args.slice(0, 2).join(' ')}": expected one of ${known}.`,
		);
	}
	throw new UsageError(
		`Unknown command "${word}": expected one of ${commands.map((each) => each.name).join(', ')}.`,
	);
}

function list(shown: readonly Command[]): string {
	const width = Math.max(...shown.map((command) => command.name.length));
	const lines = shown.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
	return [
		'Usage: slipway COMMAND [options]',
		'',
		'Turns a YAML file into a small, immutable Linux system and launches it.',
		'',
		'Commands:',
		...lines,
		'',
		'"slipway COMMAND --help" tells more about one of them, "slipway --version" which slipway this is.',
		'',
	].join('\n');
}

function errorText(error: unknown, command: Command | null): string {
	if (error instanceof UsageError) {
		return `slipway: ${error.message}\nSee: slipway ${command === null ? '' : `${command.name} `}--help`;
	}
	if (error instanceof SlipwayError) return `slipway: ${error.message}`;
	if (isSystemError(error)) return `slipway: ${error.message}`;
	// Not foreseen: the stack is what a report needs.
	return `slipway: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && 'syscall' in error && 'code' in error;
}
