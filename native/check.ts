// Checks arguments before they reach C++, which trusts them: a wrong type there is undefined behaviour, and a NUL byte
// would cut a path short ("/etc/passwd\0.txt").

/** An argument that can't be passed to the kernel: a mistake of the caller, never of the system. */
export class ArgumentError extends TypeError {
	readonly code = 'ERR_INVALID_ARG';
	readonly argument: string;

	constructor(argument: string, expected: string, value: unknown) {
		const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
		super(`${argument} must be ${expected}, not ${shown}`);
		this.name = 'ArgumentError';
		this.argument = argument;
	}
}

/** Returns a string for C, which has no NUL bytes. */
export function text(argument: string, value: string): string {
	if (typeof value !== 'string') throw new ArgumentError(argument, 'a string', value);
	if (value.includes('\0')) throw new ArgumentError(argument, 'a string without NUL bytes', value);
	return value;
}

export function textOrNull(argument: string, value: string | null): string | null {
	return value === null ? null : text(argument, value);
}

export function texts(argument: string, values: readonly string[]): readonly string[] {
	if (!Array.isArray(values)) throw new ArgumentError(argument, 'an array of strings', values);
	return values.map((value: string, index) => text(`${argument}[${index}]`, value));
}

/** Returns an int of C, or an unsigned one such as `RB_HALT_SYSTEM`. */
export function int(argument: string, value: number): number {
	if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) {
		throw new ArgumentError(argument, 'an integer of 32 bits', value);
	}
	return value;
}

/** Returns a size, a number of seconds or an address: 0 or more, exact in a JavaScript number. */
export function size(argument: string, value: number): number {
	if (!Number.isSafeInteger(value) || value < 0) {
		throw new ArgumentError(argument, 'an integer of 0 and up', value);
	}
	return value;
}

/** Returns a resource limit: a size or Infinity. */
export function limit(argument: string, value: number): number {
	return value === Number.POSITIVE_INFINITY ? value : size(argument, value);
}

export function descriptor(argument: string, value: number): number {
	if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31) {
		throw new ArgumentError(argument, 'a descriptor', value);
	}
	return value;
}

export function bytes(argument: string, value: Uint8Array): Uint8Array {
	if (!(value instanceof Uint8Array)) throw new ArgumentError(argument, 'a Uint8Array', value);
	return value;
}
