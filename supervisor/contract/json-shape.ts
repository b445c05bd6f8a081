// Checks JSON from files and gives it types. Each function takes the value and the place that it came from, and throws a
// `ShapeError` that names the place. A function with `Or` in its name returns its default for a missing key, which
// LinuxKit's `omitempty` may have left out.

export type JsonRecord = Readonly<Record<string, unknown>>;

export type Parse<T> = (value: unknown, place: string) => T;

type Shape = Readonly<Record<string, Parse<unknown>>>;

/** A JSON file does not have the shape of its specification. */
export class ShapeError extends Error {
	readonly code = 'ERR_SHAPE';
	/** e.g. `/containers/services/redis/runtime.json: mounts[0].options`. */
	readonly place: string;

	constructor(place: string, expected: string) {
		super(`${place} must be ${expected}`);
		this.name = 'ShapeError';
		this.place = place;
	}
}

export function asRecord(value: unknown, place: string): JsonRecord {
	if (!isRecord(value)) throw new ShapeError(place, 'an object');
	return value;
}

export function isRecord(value: unknown): value is JsonRecord {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asString(value: unknown, place: string): string {
	if (typeof value !== 'string') throw new ShapeError(place, 'a string');
	return value;
}

export function stringOr(value: unknown, fallback: string, place: string): string {
	return value === undefined ? fallback : asString(value, place);
}

export function booleanOr(value: unknown, fallback: boolean, place: string): boolean {
	if (value === undefined) return fallback;
	if (typeof value !== 'boolean') throw new ShapeError(place, 'true or false');
	return value;
}

export function numberOr(value: unknown, fallback: number, place: string): number {
	if (value === undefined) return fallback;
	if (typeof value !== 'number') throw new ShapeError(place, 'a number');
	return value;
}

/** Returns an empty list for an absent value and for null, which Go writes for an empty slice. */
export function listOf<T>(value: unknown, place: string, item: Parse<T>): T[] {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value)) throw new ShapeError(place, 'a list');
	return value.map((entry: unknown, index) => item(entry, `${place}[${index}]`));
}

/** Returns a parser of an object in which each key may be absent. It ignores other keys. */
export function anyKeys<const S extends Shape>(
	shape: S,
): Parse<{ readonly [Key in keyof S]?: ReturnType<S[Key]> }> {
	return (value, place) => {
		const record = asRecord(value, place);
		const entries = Object.entries(shape).flatMap(([key, parse]) => {
			const found = record[key];
			return found === undefined ? [] : [[key, parse(found, `${place}: ${key}`)] as const];
		});
		return Object.fromEntries(entries) as { [Key in keyof S]?: ReturnType<S[Key]> };
	};
}

/** Returns a parser of an object that has each key. It ignores other keys. */
export function allKeys<const S extends Shape>(
	shape: S,
): Parse<{ readonly [Key in keyof S]: ReturnType<S[Key]> }> {
	return (value, place) => {
		const record = asRecord(value, place);
		const entries = Object.entries(shape).map(([key, parse]) => [key, parse(record[key], `${place}.${key}`)]);
		return Object.fromEntries(entries) as { [Key in keyof S]: ReturnType<S[Key]> };
	};
}

export function oneOf<const T extends string>(...words: readonly T[]): Parse<T> {
	return (value, place) => {
		const word = words.find((each) => each === value);
		if (word === undefined) throw new ShapeError(place, `one of ${words.join(', ')}`);
		return word;
	};
}

/** Accepts numbers from 0. */
export function asCount(value: unknown, place: string): number {
	if (typeof value !== 'number' || !(value >= 0)) throw new ShapeError(place, 'a number');
	return value;
}

/** Accepts numbers from 1: a timer of 0 ms would repeat its work without a pause. */
export function asMilliseconds(value: unknown, place: string): number {
	if (typeof value !== 'number' || !(value >= 1)) throw new ShapeError(place, 'a number of milliseconds');
	return value;
}
