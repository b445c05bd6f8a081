// The commands as a shell sees them: a first word, and for the members of a family a second one. Pure.

import type { Command } from '../command.ts';
import { helpOption, type Option } from '../option-table.ts';

interface FirstWord {
	readonly word: string;
	readonly summary: string;
	/** The second words of a family such as `cache`; empty when the first word is a whole command. */
	readonly members: readonly { readonly word: string; readonly summary: string }[];
}

/** Returns the first words, each once, in the order of the commands. */
export function firstWords(commands: readonly Command[]): readonly FirstWord[] {
	const byWord = Map.groupBy(commands, ({ name }) => name.split(' ')[0] ?? name);
	return [...byWord].map(([word, named]) => {
		const members = named.flatMap(({ name, summary }) => {
			const second = name.split(' ')[1];
			return second === undefined ? [] : [{ word: second, summary }];
		});
		const seconds = members.map((member) => member.word).join(', ');
		const summary = members.length === 0 ? (named[0]?.summary ?? '') : `one of ${seconds}`;
		return { word, summary, members };
	});
}

/** Returns the options of a command with `--help`, in the order of its help. */
export function completedOptions({ options }: Command): readonly (readonly [name: string, option: Option])[] {
	return Object.entries<Option>({ ...options, ...helpOption });
}
