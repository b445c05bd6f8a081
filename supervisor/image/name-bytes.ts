// Converts names of files to strings that keep their exact bytes. To the kernel a name consists of any bytes. Nearly all
// are UTF-8; a byte that is not becomes a lone surrogate, U+DC80 to U+DCFF, as in Python's PEP 383.

import { isUtf8 } from 'node:buffer';
import { SlipwayError } from './slipway-error.ts';

/** The most bytes of a path or of a link's target (PATH_MAX), and of each name in a path (NAME_MAX). */
export const pathMax = 4096;
const nameMax = 255;

/** Returns a string from which `nameToBytes` makes the same bytes. The work is linear in their number. */
export function nameFromBytes(bytes: Buffer): string {
	return isUtf8(bytes) ? bytes.toString() : decodePiecewise(bytes);
}

/**
 * Returns the path. Throws before it decodes one that Linux can't have.
 *
 * @param where - names the archive and the entry
 */
export function pathFromBytes(bytes: Buffer, where: string): string {
	checkLength('path', bytes.length, where);
	for (let start = 0; start < bytes.length; ) {
		const slash = bytes.indexOf(0x2f, start);
		const end = slash === -1 ? bytes.length : slash;
		if (end - start > nameMax) {
			throw new SlipwayError(
				'BAD_IMAGE',
				`${where} has a name of ${end - start} bytes in its path, but Linux allows ${nameMax}.`,
			);
		}
		start = end + 1;
	}
	return nameFromBytes(bytes);
}

/** Returns the target of a link, whose names may have any length. Throws as `pathFromBytes` does. */
export function linkTargetFromBytes(bytes: Buffer, where: string): string {
	checkLength('link target', bytes.length, where);
	return nameFromBytes(bytes);
}

function checkLength(what: string, length: number, where: string): void {
	if (length <= pathMax) return;
	throw new SlipwayError(
		'BAD_IMAGE',
		`${where} has a ${what} of ${length} bytes, but Linux allows ${pathMax}.`,
	);
}

/** The inverse of `nameFromBytes`. */
export function nameToBytes(name: string): Buffer {
	if (name.isWellFormed()) return Buffer.from(name);
	const parts = name.split(/([\udc80-\udcff])/u).map((part) => {
		const code = part.length === 1 ? part.charCodeAt(0) : 0;
		return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(part);
	});
	return Buffer.concat(parts);
}

function decodePiecewise(bytes: Buffer): string {
	const units = new Uint16Array(bytes.length);
	let count = 0;
	for (let at = 0; at < bytes.length; ) {
		const { code, length } = characterAt(bytes, at);
		at += length;
		if (code > 0xffff) units[count++] = 0xd7c0 + (code >> 10);
		units[count++] = code > 0xffff ? 0xdc00 + (code & 0x3ff) : code;
	}
	return Buffer.from(units.buffer, 0, 2 * count).toString('utf16le');
}

/** The least code of a character of so many bytes; a lower one in as many bytes is not UTF-8. */
const leastCodes = [0, 0, 0x80, 0x800, 0x10000];

/** Returns the character of UTF-8 at `at`, or the surrogate for the byte there. */
function characterAt(bytes: Buffer, at: number): { readonly code: number; readonly length: number } {
	const first = bytes[at] ?? 0;
	if (first < 0x80) return { code: first, length: 1 };
	const invalid = { code: 0xdc00 + first, length: 1 };
	const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first < 0xc0 || first > 0xf7) return invalid;
	let code = first & (0x7f >> length);
	for (let index = at + 1; index < at + length; index++) {
		const next = bytes[index] ?? 0;
		if (next >> 6 !== 0b10) return invalid;
		code = (code << 6) | (next & 0x3f);
	}
	const isSurrogate = code >= 0xd800 && code <= 0xdfff;
	return code < (leastCodes[length] ?? 0) || code > 0x10ffff || isSurrogate ? invalid : { code, length };
}
