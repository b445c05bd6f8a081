// How file systems write what names them: UUIDs, labels, serial numbers. Words of libblkid's output.

import type { BlockReader } from './block-reader.ts';

/** A label or UUID is '' where there is none. */
export interface Identity {
	readonly label: string;
	readonly uuid: string;
}

export const nameless: Identity = { label: '', uuid: '' };

/** Sixteen bytes in the order in which they are written; all zero is none. */
export function uuidAt(reader: BlockReader, offset: number): string {
	return formatUuid(reader.read(offset, 16));
}

export function formatUuid(bytes: Buffer): string {
	if (bytes.every((byte) => byte === 0)) return '';
	const digits = bytes.toString('hex');
	return [
		[0, 8],
		[8, 12],
		[12, 16],
		[16, 20],
		[20, 32],
	]
		.map(([from, to]) => digits.slice(from, to))
		.join('-');
}

/** A GUID as EFI writes it: its first three numbers are little-endian. */
export function formatGuid(bytes: Buffer): string {
	const swapped = Buffer.from(bytes);
	swapped.subarray(0, 4).reverse();
	swapped.subarray(4, 6).reverse();
	swapped.subarray(6, 8).reverse();
	return formatUuid(swapped);
}

export function guidBytes(guid: string): Buffer {
	const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
	bytes.subarray(0, 4).reverse();
	bytes.subarray(4, 6).reverse();
	bytes.subarray(6, 8).reverse();
	return bytes;
}

/** To the first NUL, without blanks at its end. */
export function textAt(reader: BlockReader, offset: number, length: number): string {
	const [text = ''] = reader.read(offset, length).toString('utf8').split('\0');
	return text.trimEnd();
}

/** UTF-16, little-endian. */
export function wideTextAt(reader: BlockReader, offset: number, length: number): string {
	const [text = ''] = reader.read(offset, length).toString('utf16le').split('\0');
	return text.trimEnd();
}

/** `1234-ABCD`, as FAT's serial numbers are shown. */
export function serialAt(reader: BlockReader, offset: number): string {
	const serial = u32(reader, offset);
	const digits = serial.toString(16).toUpperCase().padStart(8, '0');
	return serial === 0 ? '' : `${digits.slice(0, 4)}-${digits.slice(4)}`;
}

export function u8(reader: BlockReader, offset: number): number {
	return reader.read(offset, 1).readUInt8();
}

export function u16(reader: BlockReader, offset: number): number {
	return reader.read(offset, 2).readUInt16LE();
}

export function u32(reader: BlockReader, offset: number): number {
	return reader.read(offset, 4).readUInt32LE();
}
