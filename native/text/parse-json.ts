// JSON from outside, for callers to which what is no JSON is the same as JSON of another shape.

/** Returns undefined, which JSON has no word for, when it is no JSON. */
export function parseJson(text: string | Buffer): unknown {
	try {
		const value: unknown = JSON.parse(text.toString());
		return value;
	} catch {
		return undefined;
	}
}
