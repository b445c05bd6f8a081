// The completion script for zsh (zshcompsys(1), zshcompwid(1)). Pure.

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

/** Returns a script that can be sourced, or stand as `_slipway` in a directory of `$fpath`. */
export function zshCompletion(commands: readonly Command[]): string {
	const words = firstWords(commands);
	const families = words.filter(({ members }) => members.length > 0);
	return `#compdef slipway
# Completion of slipway for zsh, printed by "slipway completion zsh".

# Names of machines, by "ps -q" or "ps -aq" of this slipway.
_slipway_machines() {
	local -a names=(\${(f)"$($program "$@" 2> /dev/null)"})
	compadd -a names
}

_slipway() {
	local program=$words[1]
	local -a described
	if ((CURRENT == 2)); then
		described=(
${describedWords(words)}		)
		_describe command described
		return
	fi
	local command=$words[2]
	case $command in
${families
	.map(
		({ word, members }) => `	${word})
		if ((CURRENT == 3)); then
			described=(
${describedWords(members)}			)
			_describe command described
			return
		fi
		command+=" $words[3]"
		shift words
		((CURRENT--))
		;;
`,
	)
	.join('')}	esac
	# _arguments takes the first word for the command.
	shift words
	((CURRENT--))
	case $command in
${commands.map(branchOf).join('')}	esac
}

if [[ $funcstack[1] == _slipway ]]; then
	_slipway "$@"
else
	compdef _slipway slipway
fi
`;
}

function describedWords(words: readonly { readonly word: string; readonly summary: string }[]): string {
	return words.map(({ word, summary }) => `			${quoted(`${word}:${summary}`)}\n`).join('');
}

function branchOf(command: Command): string {
	const specs = completedOptions(command).map(([name, option]) => optionSpec(name, option));
	if (command.operands !== '') {
		specs.push(quoted(`*:${escapedColons(command.operands)}:${actionOf(command.operandsComplete ?? null)}`));
	}
	return `	${quoted(command.name)})
		_arguments -S : \\
${specs.map((spec) => `			${spec}`).join(' \\\n')}
		;;
`;
}

/** Returns the argument of `_arguments` for an option. */
function optionSpec(name: string, option: Option): string {
	const summary = `[${optionSummary(option).replaceAll(']', '\\]')}]`;
	const value = valueName(option);
	const repeated = option.isRepeatable === true ? '*' : '';
	if (value !== null) {
		// "=-": the value only follows "=". "::": the value may be missing.
		const [assign, colons] = option.bareValue === undefined ? ['=', ':'] : ['=-', '::'];
		const action = actionOf(valueCompletion(option));
		return quoted(`${repeated}--${name}${assign}${summary}${colons}${escapedColons(value)}:${action}`);
	}
	if (option.short === undefined) return quoted(`${repeated}--${name}${summary}`);
	return `{-${option.short},--${name}}${quoted(summary)}`;
}

function actionOf(completion: Completion | null): string {
	if (completion === null) return ' ';
	if (completion === 'file') return '_files';
	if (completion === 'directory') return '_files -/';
	if (completion === 'machine' || completion === 'running-machine')
		return `{_slipway_machines ${machineLists[completion]}}`;
	return `(${completion.join(' ')})`;
}

function escapedColons(text: string): string {
	return text.replaceAll(':', '\\:');
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}
