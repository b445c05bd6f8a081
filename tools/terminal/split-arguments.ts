// Splits the words of a command line into options with their values and other words, in one pass. As in LinuxKit (Go's flags), the
// long name of an option may have one dash. Whether a value is valid is not decided here.

/** What the splitting needs to know of an option. */
export interface SplitOption {
	/** The name under which the option is reported. */
	readonly name: string;
	/** Reports whether the next word is its value. Any option may have a value after "=". */
	readonly takesNext: boolean;
}

export type SplitWord =
	| { readonly kind: 'word'; readonly text: string }
	| {
			readonly kind: 'option';
			/** Null when no option has that name. */
			readonly name: string | null;
			/** As typed, without the value. */
			readonly rawName: string;
			readonly value: string | undefined;
			/** Reports whether the value stands in the same word. */
			readonly isInline: boolean;
	  };

/** @param find - returns the option with this long name, or with this letter */
export function* splitArguments(
	args: readonly string[],
	find: (name: string) => SplitOption | null,
): Generator<SplitWord, void> {
	const words = args.values();
	for (const word of words) {
		if (word === '--') break;
		if (!/^-./s.test(word)) {
			yield { kind: 'word', text: word };
			continue;
		}
		const [, dashes = '', name = '', inline] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
		const letter = dashes === '-' ? find(name.charAt(0)) : null;
		const option = find(name);
		if (option === null && letter !== null) yield* splitLetters(word.slice(1), words, find);
		else yield withValue(option, `${dashes}${name}`, inline, words);
	}
	for (const text of words) yield { kind: 'word', text };
}

/** `-it`: each letter is an option. What follows a letter that takes a value is the value. */
function* splitLetters(
	letters: string,
	words: IterableIterator<string>,
	find: (name: string) => SplitOption | null,
): Generator<SplitWord, void> {
	for (let at = 0; at < letters.length; at++) {
		const option = find(letters.charAt(at));
		const rawName = `-${letters.charAt(at)}`;
		const rest = letters.slice(at + 1);
		if (option?.takesNext === true || rest.startsWith('=')) {
			yield withValue(option, rawName, rest === '' ? undefined : rest.replace(/^=/, ''), words);
			return;
		}
		yield withValue(option, rawName, undefined, words);
	}
}

function withValue(
	option: SplitOption | null,
	rawName: string,
	inline: string | undefined,
	words: IterableIterator<string>,
): SplitWord {
	const isInline = inline !== undefined;
	const value = isInline || option?.takesNext !== true ? inline : words.next().value;
	return { kind: 'option', name: option?.name ?? null, rawName, value, isInline };
}
