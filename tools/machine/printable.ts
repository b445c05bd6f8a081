// Text of the guest, made fit for the host's terminal.

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/g;

/** One line; control characters, which could command the terminal, become spaces. */
export function printable(text: string): string {
	return text.replaceAll(controlCharacters, ' ');
}
