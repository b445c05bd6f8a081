// Text from outside, cut to a length that an error or a log line can carry. Pure.

/** Returns `text` in at most `maxLength` characters: of a longer one the beginning and the end, with "…" between. */
export function shortened(text: string, maxLength: number): string {
	if (text.length <= maxLength) return text;
	const tail = Math.floor(maxLength / 3);
	// The lone half of a surrogate pair would be printed as U+FFFD.
	const head = text.slice(0, maxLength - tail - 1).replace(/[\ud800-\udbff]$/, '');
	return `${head}…${text.slice(text.length - tail).replace(/^[\udc00-\udfff]/, '')}`;
}
