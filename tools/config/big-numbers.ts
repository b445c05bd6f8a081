// Numbers that only a bigint holds, such as a limit of 2^63 - 1 bytes, in JSON.

/** ECMAScript 2025's `JSON.rawJSON`, which TypeScript's library does not know yet. */
const json = JSON as unknown as { rawJSON(text: string): number };

/** A number for `JSON.stringify` that is written with all its digits. */
export function rawNumber(value: bigint): number {
	return json.rawJSON(value.toString());
}

/** The replacer for `JSON.stringify`. */
export function bigNumbers(_: string, value: unknown): unknown {
	return typeof value === 'bigint' ? rawNumber(value) : value;
}
