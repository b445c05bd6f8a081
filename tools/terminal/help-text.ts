// The help text of a command, from its description and option table. Pure.

import { type Command, usageOf } from './command.ts';
import { helpOption, type Option, optionLabel, optionRemarks } from './option-table.ts';

const widthColumns = 118;
/** A longer label has a line of its own. */
const mostLabelColumns = 24;
/** A command with more options shows their groups. */
const mostWithoutGroups = 8;

/** Returns what `slipway COMMAND --help` prints. */
export function helpText(command: Command): string {
	const sections = [
		`Usage: slipway ${usageOf(command)}`,
		command.about.trim(),
		...optionGroups(command).map(
			([group, options]) => `${group}:\n${optionLines(command, options).join('\n')}`,
		),
		...(command.notes === undefined ? [] : [command.notes.trim()]),
	];
	return `${sections.join('\n\n')}\n`;
}

type NamedOption = readonly [name: string, option: Option];

/** Returns the options of a command, `--help` as the last one, by the heading of their group. */
export function optionGroups({
	options,
}: Pick<Command, 'options'>): readonly (readonly [string, readonly NamedOption[]])[] {
	const all = Object.entries<Option>({ ...options, ...helpOption });
	if (all.length <= mostWithoutGroups) return [['Options', all]];
	return [...Map.groupBy(all, ([, { group }]) => group ?? 'Other options')];
}

function optionLines(command: Command, options: readonly NamedOption[]): string[] {
	const labels = Object.entries<Option>({ ...command.options, ...helpOption })
		.map(([name, option]) => optionLabel(name, option).length)
		.filter((length) => length <= mostLabelColumns);
	const column = 2 + Math.max(...labels) + 2;
	return options.flatMap(([name, option]) => {
		const label = `  ${optionLabel(name, option)}`;
		const lines = option.help
			.replace(/$/m, optionRemarks(option))
			.split('\n')
			.flatMap((line) => wrapped(line, widthColumns - column));
		const [first = '', ...rest] = label.length + 2 > column ? ['', ...lines] : lines;
		return [
			`${label.padEnd(column)}${first}`.trimEnd(),
			...rest.map((line) => `${' '.repeat(column)}${line}`),
		];
	});
}

/** Breaks a text into lines between words. */
function wrapped(text: string, columns: number): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		if (line !== '' && line.length + 1 + word.length > columns) {
			lines.push(line);
			line = word;
		} else line = line === '' ? word : `${line} ${word}`;
	}
	return [...lines, line];
}
