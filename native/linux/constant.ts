// Looks up the kernel's constants by name, from the headers that the addon was compiled with.

import type { Native } from '../native.ts';

/** Throws when the addon lacks the constant: that is a fault of our build, not of the system. */
export function constant(native: Pick<Native, 'constants'>, name: string): number {
	const value = native.constants[name];
	if (value === undefined) throw new Error(`The addon has no constant ${name}.`);
	return value;
}

/** Returns the bits of several constants together. */
export function flags(native: Pick<Native, 'constants'>, names: readonly string[]): number {
	return names.reduce((bits, name) => bits | constant(native, name), 0);
}
