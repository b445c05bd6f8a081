// The completion script for fish (fish's complete(1)). Pure.

import type { Command } from '../command.ts';
import {
	type Completion,
	machineLists,
	type Option,
	optionSummary,
	valueCompletion,
	valueName,
} from '../option-table.ts';
import { completedOptions, firstWords } from './command-words.ts';

/** Returns a script of `complete` commands, one for each command, option and kind of operand. */
export function fishCompletion(commands: readonly Command[]): string {
	const words = firstWords(commands);
	const lines = [
		...words.map(({ word, summary }) => wordLine('__slipway_is', word, summary)),
		`complete -c slipway -n __slipway_is -l help -d 'list the commands'`,
		`complete -c slipway -n __slipway_is -l version -d 'print the version'`,
		...words.flatMap(({ word: family, members }) =>
			members.map(({ word, summary }) => wordLine(`__slipway_is ${family}`, word, summary)),
		),
		...commands.flatMap((command) => [
			...completedOptions(command).map(([name, option]) => optionLine(command, name, option)),
			...operandLines(command),
		]),
	];
	return `# Completion of slipway for fish, printed by "slipway completion fish".

# Succeeds when the words before the cursor are exactly these.
function __slipway_is
	set -l words (commandline -opc)
	set -e words[1]
	test "$words" = "$argv"
end

# Succeeds when the words before the cursor begin with these.
function __slipway_in
	set -l words (commandline -opc)
	set -e words[1]
	string match -q -- "$argv *" "$words "
end

# Prints names of machines, by "ps -q" or "ps -aq" of this slipway.
function __slipway_machines
	set -l words (commandline -opc)
	$words[1] $argv 2> /dev/null
end

complete -c slipway -f
${lines.join('\n')}
`;
}

function wordLine(condition: string, word: string, summary: string): string {
	return `complete -c slipway -n ${quoted(condition)} -a ${word} -d ${quoted(summary)}`;
}

function optionLine(command: Command, name: string, option: Option): string {
	const short = option.short === undefined ? '' : ` -s ${option.short}`;
	const isNextWord = valueName(option) !== null && option.bareValue === undefined;
	const value = isNextWord ? ` ${valueArguments(valueCompletion(option))}` : '';
	return `${start(command)}${short} -l ${name}${value} -d ${quoted(optionSummary(option))}`;
}

function operandLines(command: Command): string[] {
	const { operandsComplete } = command;
	if (operandsComplete === undefined) return [];
	if (operandsComplete === 'file') return [`${start(command)} -F`];
	return [`${start(command)} -a ${candidates(operandsComplete)}`];
}

/** Returns the arguments that say: a value must follow, and which ones are offered. */
function valueArguments(completion: Completion | null): string {
	if (completion === null) return '-x';
	return completion === 'file' ? '-r -F' : `-x -a ${candidates(completion)}`;
}

function candidates(completion: Exclude<Completion, 'file'>): string {
	if (completion === 'directory') return quoted('(__fish_complete_directories)');
	if (completion === 'machine' || completion === 'running-machine')
		return quoted(`(__slipway_machines ${machineLists[completion]})`);
	return quoted(completion.join(' '));
}

function start({ name }: Command): string {
	return `complete -c slipway -n ${quoted(`__slipway_in ${name}`)}`;
}

function quoted(text: string): string {
	return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
