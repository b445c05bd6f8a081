// JSON for programs that a person may also read on a terminal. What a terminal would obey (printable.ts) is escaped, so a program still
// reads every character; `JSON.stringify` by itself escapes U+0000 to U+001F only.

import { escapeUnsafe } from './printable.ts';

/** Returns one line, with its end. */
export function jsonLine(value: object): string {
	return `${escapeUnsafe(JSON.stringify(value))}\n`;
}

/**
 * Returns indented text, with its end.
 *
 * @param replacer - as `JSON.stringify` takes it
 */
export function jsonText(value: object, replacer?: (key: string, value: unknown) => unknown): string {
	return `${escapeUnsafe(JSON.stringify(value, replacer, 2))}\n`;
}
