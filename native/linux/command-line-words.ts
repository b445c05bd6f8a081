// Splits the kernel's command line as the kernel does (`next_arg` in lib/cmdline.c): double quotes keep blanks in a word, and
// those around a value or a word are left out. There are no escapes.

/** Returns the words, `NAME=VALUE` without the quotes around the value. */
export function commandLineWords(text: string): string[] {
	const words = text.match(/(?:"[^"]*(?:"|$)|[^\s"])+/g) ?? [];
	return words.map((word) => {
		const given = withoutQuotes(word);
		const value = given.indexOf('=') + 1;
		return value === 0 ? given : given.slice(0, value) + withoutQuotes(given.slice(value));
	});
}

function withoutQuotes(text: string): string {
	return text.startsWith('"') ? text.slice(1).replace(/"$/, '') : text;
}
