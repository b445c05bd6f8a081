// The completion script for bash (bash(1), "Programmable Completion"). Pure.

import type { Command } from '../command.ts';
import { type Completion, machineLists, valueCompletion, valueName } from '../option-table.ts';
import { completedOptions, firstWords } from './command-words.ts';

/** Returns a script that defines the function `_slipway` and completes the command `slipway` by it. */
export function bashCompletion(commands: readonly Command[]): string {
	const words = firstWords(commands);
	const families = words.filter(({ members }) => members.length > 0);
	return `# Completion of slipway for bash, printed by "slipway completion bash".

_slipway_words() {
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")
}

# Names of machines, by "ps -q" or "ps -aq" of this slipway.
_slipway_machines() {
	_slipway_words "$("\${COMP_WORDS[0]}" "$@" 2> /dev/null)"
}

# With -f files and directories, with -d directories only.
_slipway_paths() {
	compopt -o filenames 2> /dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}

_slipway() {
	local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]}
	COMPREPLY=()
	# Readline makes "=" a word of its own.
	if [[ $current == = ]]; then
		current=
	elif [[ $before == = ]]; then
		before=\${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD == 1)); then
		_slipway_words ${words.map(({ word }) => word).join(' ')} --help --version
		return
	fi
	case $command in
${families
	.map(
		({ word, members }) => `	${word})
		if ((COMP_CWORD == 2)); then
			_slipway_words ${members.map((member) => member.word).join(' ')} --help
			return
		fi
		command+=" \${COMP_WORDS[2]}"
		;;
`,
	)
	.join('')}	esac
	case "$command $before" in
${cases(optionValues(commands))}	esac
	if [[ $current == -* ]]; then
		case $command in
${commands
	.map((command) => {
		const names = completedOptions(command).map(([name]) => `--${name}`);
		return `		${quoted(command.name)}) _slipway_words ${names.join(' ')} ;;\n`;
	})
	.join('')}		esac
		return
	fi
	case $command in
${cases(commands.map(({ name, operandsComplete = null }) => [name, operandsComplete]))}	esac
}

complete -F _slipway slipway
`;
}

type Completed = readonly [words: string, completion: Completion | null];

/** Returns a command and an option for each option whose value is the next word. */
function optionValues(commands: readonly Command[]): readonly Completed[] {
	return commands.flatMap((command) =>
		completedOptions(command)
			.filter(([, option]) => valueName(option) !== null && option.bareValue === undefined)
			.map(([name, option]): Completed => [`${command.name} --${name}`, valueCompletion(option)]),
	);
}

/** Returns the branches of a `case`, one for all words that complete the same. */
function cases(completed: readonly Completed[]): string {
	const byAction = Map.groupBy(completed, ([, completion]) => actionOf(completion));
	return [...byAction]
		.map(([action, same]) => {
			const patterns = same.map(([words]) => quoted(words)).join(' | ');
			return `	${patterns})\n${action}		return\n		;;\n`;
		})
		.join('');
}

function actionOf(completion: Completion | null): string {
	if (completion === null) return '';
	if (completion === 'file') return '		_slipway_paths -f\n';
	if (completion === 'directory') return '		_slipway_paths -d\n';
	if (completion === 'machine' || completion === 'running-machine')
		return `		_slipway_machines ${machineLists[completion]}\n`;
	return `		_slipway_words ${completion.join(' ')}\n`;
}

function quoted(words: string): string {
	return /^\w+$/.test(words) ? words : `"${words}"`;
}
