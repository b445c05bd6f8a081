// Makes text from outside safe for a terminal, a log line or an error. Only this file decides which characters are safe: a
// name in an image, a line of a container or an answer of a registry must not control a terminal (ECMA-48, control
// functions), forge a line, or reorder the text on the screen (Unicode UAX #9, bidirectional formatting).

/** Control and format characters, and the two separators that terminals take as a line end. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const unsafeButLines = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Returns `text` as one line: each character that is not safe becomes a space. */
export function printable(text: string): string {
	return isPlain(text) ? text : text.replaceAll(unsafe, ' ');
}

/** Does the same for text of several lines: line feeds and tabs stay. */
export function printableLines(text: string): string {
	return isPlain(text) ? text : text.replaceAll(unsafeButLines, ' ');
}

/** Returns text of JSON in which such a character of a string is an escape: the same value. Line feeds and tabs stay. */
export function escapeUnsafe(json: string): string {
	return isPlain(json) ? json : json.replaceAll(unsafeButLines, escaped);
}

/** A character beyond U+FFFF is two code units. */
function escaped(character: string): string {
	return character
		.split('')
		.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
		.join('');
}

/** Reports whether all of `text` is printable ASCII, which a class of Unicode's characters finds out more slowly. */
function isPlain(text: string): boolean {
	return /^[ -~]*$/.test(text);
}
