// The kernel's constants by name, from the headers that the addon was compiled with.

import type { Native } from '../native.ts';

/** That one is missing is a fault of our build, not of the system. */
export function constant(native: Native, name: string): number {
	const value = native.constants[name];
	if (value === undefined) throw new Error(`The addon has no constant ${name}.`);
	return value;
}

/** The bits of several constants together. */
export function flags(native: Native, names: readonly string[]): number {
	return names.reduce((bits, name) => bits | constant(native, name), 0);
}
