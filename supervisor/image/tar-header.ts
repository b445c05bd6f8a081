// Decodes one header of a tar (tar(5), pax(1)). A kind that a root tree can't have is an error: to skip it would silently
// lose a file.

import { checkEntryNumbers } from './header-numbers.ts';
import { nameFromBytes } from './name-bytes.ts';
import type { PaxRecords } from './pax-records.ts';
import { SlipwayError } from './slipway-error.ts';

export const blockBytes = 512;

export type TarKind = 'file' | 'directory' | 'symlink' | 'link' | 'character' | 'block' | 'fifo';

export interface TarHeader {
	/** The name in the archive, not normalized. */
	readonly name: string;
	readonly kind: TarKind;
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly mtimeSeconds: number;
	/** The size of the contents; 0 unless this is a file. */
	readonly sizeBytes: number;
	/** The target of a symbolic or hard link. */
	readonly linkname: string;
	readonly major: number;
	readonly minor: number;
	readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

const kinds: Readonly<Record<string, TarKind>> = {
	'\0': 'file',
	'0': 'file',
	'7': 'file', // contiguous, which all systems treat as a file
	S: 'file', // GNU's sparse file
	'1': 'link',
	'2': 'symlink',
	'3': 'character',
	'4': 'block',
	'5': 'directory',
	'6': 'fifo',
};

/** Returns the header's type byte, e.g. `x` for PAX records of the next member. */
export function typeOf(block: Buffer): string {
	return String.fromCharCode(block[156] ?? 0);
}

/** Returns the size of the contents in bytes. */
export function sizeOf(block: Buffer, what: string): number {
	return numberAt(block, 124, 12, what);
}

/** @param pax - the fields of PAX headers and GNU long names before this header, which take precedence */
export function decodeHeader(block: Buffer, pax: PaxRecords, what: string): TarHeader {
	const shortName = text(block, 0, 100);
	// GNU's own format has other fields where POSIX has the prefix.
	const posix = block.toString('latin1', 257, 263) === 'ustar\0';
	const prefix = posix ? text(block, 345, 155) : '';
	const name = pax.path ?? (prefix === '' ? shortName : `${prefix}/${shortName}`);
	const declared = kinds[typeOf(block)];
	if (declared === undefined)
		throw bad(what, `${name} is of the kind "${typeOf(block)}", which no system has`);
	// Archives older than POSIX mark directories by the slash alone.
	const kind = declared === 'file' && name.endsWith('/') ? 'directory' : declared;
	const where = `${what}: ${name}`;
	const isDevice = kind === 'character' || kind === 'block';
	const header: TarHeader = {
		name,
		kind,
		mode: numberAt(block, 100, 8, where) & 0o7777,
		uid: pax.uid ?? numberAt(block, 108, 8, where),
		gid: pax.gid ?? numberAt(block, 116, 8, where),
		mtimeSeconds: pax.mtimeSeconds ?? timeAt(block, 136, 12, where),
		sizeBytes: kind === 'file' ? (pax.size ?? sizeOf(block, where)) : 0,
		linkname: pax.linkpath ?? text(block, 157, 100),
		major: isDevice ? numberAt(block, 329, 8, where) : 0,
		minor: isDevice ? numberAt(block, 337, 8, where) : 0,
		xattrs: pax.xattrs,
	};
	checkEntryNumbers(header, where);
	return header;
}

/** Reports whether a first block can be a header: it has a name, and digits where the checksum is. Other files have neither there. */
export function looksLikeTar(block: Buffer): boolean {
	return block[0] !== 0 && /^[ 0-7]+[\0 ]*$/.test(block.toString('latin1', 148, 156));
}

/** Compares the sum of all bytes, with the checksum itself as spaces. Some old writers added signed bytes. */
export function checksumIsRight(block: Buffer, what: string): boolean {
	const expected = numberAt(block, 148, 8, what);
	let unsigned = 0;
	let signed = 0;
	// An iterator would take most of the time of reading a tar.
	for (let index = 0; index < block.length; index++) {
		const value = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
		unsigned += value;
		signed += value > 127 ? value - 256 : value;
	}
	return expected === unsigned || expected === signed;
}

/** Reads octal digits, or GNU's binary form, which the highest bit of the first byte marks. */
export function numberAt(block: Buffer, start: number, length: number, what: string): number {
	const first = block[start] ?? 0;
	if (first >= 0x80) {
		if (isNegative(first)) throw bad(what, 'a header has a number below 0');
		const value = block
			.subarray(start + 1, start + length)
			.reduce((sum, byte) => sum * 256 + byte, first & 0x7f);
		if (!Number.isSafeInteger(value)) throw bad(what, 'a number in a header is too large');
		return value;
	}
	const digits = block
		.toString('latin1', start, start + length)
		.replace(/\0.*$/s, '')
		.trim();
	if (digits === '') return 0;
	if (!/^[0-7]+$/.test(digits)) throw bad(what, `a header has "${digits}" for a number`);
	return Number.parseInt(digits, 8);
}

/** Returns 0, which is 1970, for earlier times: an initrd can't hold them. */
function timeAt(block: Buffer, start: number, length: number, what: string): number {
	return isNegative(block[start] ?? 0) ? 0 : numberAt(block, start, length, what);
}

/** GNU's binary form is a two's complement below the bit that marks it. */
function isNegative(first: number): boolean {
	return (first & 0xc0) === 0xc0;
}

function text(block: Buffer, start: number, length: number): string {
	const field = block.subarray(start, start + length);
	const end = field.indexOf(0);
	return nameFromBytes(end === -1 ? field : field.subarray(0, end));
}

function bad(what: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${what}: ${why}.`);
}
