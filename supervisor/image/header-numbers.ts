// Checks every number that is read from or written to the header of an archive (newc cpio, ustar, PAX). A number that is
// longer than its field would move all later fields, and with them the path and the bytes that a reader finds.

import { SlipwayError } from './slipway-error.ts';

/** The numbers that an entry of the tree has. */
export interface EntryNumbers {
	readonly mode?: number;
	readonly uid?: number;
	readonly gid?: number;
	readonly mtimeSeconds?: number;
	readonly sizeBytes?: number;
	readonly major?: number;
	readonly minor?: number;
}

/** The largest values that Linux knows. A device number has 12 and 20 bits (include/linux/kdev_t.h). */
const largest: Readonly<Required<EntryNumbers>> = {
	mode: 0o7777,
	uid: 0xffff_ffff,
	gid: 0xffff_ffff,
	mtimeSeconds: Number.MAX_SAFE_INTEGER,
	sizeBytes: Number.MAX_SAFE_INTEGER,
	major: 0xfff,
	minor: 0xf_ffff,
};

/**
 * Throws when Linux knows no such number: it is negative, has a fraction, or is too large.
 *
 * @param where - names the entry, and its image or archive if known
 */
export function checkEntryNumbers(numbers: EntryNumbers, where: string): void {
	for (const field of Object.keys(largest) as (keyof EntryNumbers)[]) {
		const value = numbers[field];
		if (value !== undefined) checkNumber(value, largest[field], field, where);
	}
}

/** Returns exactly `digits` upper-case digits. Throws when the number needs more. */
export function hexField(value: number, digits: number, field: string, where: string): string {
	checkNumber(value, 16 ** digits - 1, field, where);
	return value.toString(16).toUpperCase().padStart(digits, '0');
}

/** Returns exactly `digits` digits. Throws when the number needs more. */
export function octalField(value: number, digits: number, field: string, where: string): string {
	checkNumber(value, 8 ** digits - 1, field, where);
	return value.toString(8).padStart(digits, '0');
}

function checkNumber(value: number, max: number, field: string, where: string): void {
	if (Number.isInteger(value) && value >= 0 && value <= max) return;
	const shortWhere = where.length > 300 ? `${where.slice(0, 300)}…` : where;
	throw new SlipwayError(
		'BAD_IMAGE',
		`${shortWhere}: ${field} is ${value}, but must be a number from 0 to ${max}.`,
	);
}
