// JSON of an input, for parsers that get values.

/** Returns undefined for what is not JSON. */
export function tryJson(input: Buffer): unknown {
	try {
		return JSON.parse(input.toString('utf8'));
	} catch {
		return undefined;
	}
}
