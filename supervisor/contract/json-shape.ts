// Gives JSON from files its types. Each function takes the value and the place it came from, and throws a
// `ShapeError` that names the place. A missing key is given as the default where LinuxKit's `omitempty` may
// have left it out.

export type JsonRecord = Readonly<Record<string, unknown>>;

/** A JSON file has another shape than its specification says. */
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

/** Absent and null (Go writes null for an empty slice) are the empty list. */
export function listOf<T>(value: unknown, place: string, item: (value: unknown, place: string) => T): T[] {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value)) throw new ShapeError(place, 'a list');
	return value.map((entry: unknown, index) => item(entry, `${place}[${index}]`));
}
