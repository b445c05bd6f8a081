// Writes integers that a number cannot hold, such as a limit of 2^63 - 1 bytes, as JSON.

/** TypeScript's library does not have `JSON.rawJSON` (ECMAScript 2025) yet. */
const json = JSON as unknown as { rawJSON(text: string): number };

/** Returns a value that `JSON.stringify` writes with all digits. */
export function rawNumber(value: bigint): number {
	return json.rawJSON(value.toString());
}

/** Is the replacer for `JSON.stringify` that writes bigints as numbers. */
export function bigNumbers(_: string, value: unknown): unknown {
	return typeof value === 'bigint' ? rawNumber(value) : value;
}
