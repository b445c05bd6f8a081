// The names of machines: which are valid, and which one a machine gets that asks for none. Pure.

import { basename } from 'node:path';
import { UsageError } from '../errors.ts';

const maxLength = 40;
const pattern = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

export function isMachineName(name: string): boolean {
	return pattern.test(name) && name.length <= maxLength;
}

/** Throws a `UsageError` for a text that can't name a machine. */
export function checkMachineName(name: string): string {
	if (isMachineName(name)) return name;
	throw new UsageError(
		`${JSON.stringify(name)} is no name of a machine: expected up to ${maxLength} letters, digits, ".", "_" and "-", ` +
			'a letter or digit first.',
	);
}

/** @param system - the path of a system's files without their endings */
export function defaultMachineName(system: string): string {
	const name = basename(system)
		.replaceAll(/[^A-Za-z0-9_.-]/g, '-')
		.replace(/^[^A-Za-z0-9]+/, '')
		// The rest is for a number behind it.
		.slice(0, maxLength - 4);
	return name === '' ? 'system' : name;
}

/** Returns `name`, or with `-2`, `-3`... the first that is free. */
export function firstFreeName(name: string, isTaken: (name: string) => boolean): string {
	for (let number = 2, candidate = name; ; number++) {
		if (!isTaken(candidate)) return candidate;
		candidate = `${name}-${number}`;
	}
}
