// The first page of a swap area, as mkswap(8) writes it and the kernel reads it (union swap_header of
// include/linux/swap.h), in the processor's byte order.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

const magic = Buffer.from('SWAPSPACE2');
/** The places of the fields, after the room for a boot block. */
const at = { version: 1024, lastPage: 1028, badPages: 1032, uuid: 1036 } as const;
/** mm/swapfile.c takes no less than the header and one page; mkswap(8) wants ten. */
export const smallestPages = 10;

export function swapHeader(sizeBytes: number, pageBytes: number, uuid = randomUuid()): Buffer {
	const page = Buffer.alloc(pageBytes);
	const put = (offset: number, value: number): void => {
		if (endianness() === 'LE') page.writeUInt32LE(value, offset);
		else page.writeUInt32BE(value, offset);
	};
	put(at.version, 1);
	put(at.lastPage, Math.floor(sizeBytes / pageBytes) - 1);
	put(at.badPages, 0);
	uuid.copy(page, at.uuid);
	magic.copy(page, pageBytes - magic.length);
	return page;
}

/** Reports whether a file that begins with these bytes may become a swap area without loss of data. */
export function isSwapOrBlank(page: Buffer, pageBytes: number): boolean {
	return page.subarray(pageBytes - magic.length).equals(magic) || page.every((byte) => byte === 0);
}

/** AT_PAGESZ of getauxval(3): pairs of words, this one's key is 6. */
export function pageSizeBytes(auxiliary: Buffer = readFileSync('/proc/self/auxv')): number {
	for (let offset = 0; offset + 16 <= auxiliary.length; offset += 16) {
		const [key, value] = [offset, offset + 8].map((each) =>
			Number(endianness() === 'LE' ? auxiliary.readBigUInt64LE(each) : auxiliary.readBigUInt64BE(each)),
		);
		if (key === 6 && value !== undefined) return value;
	}
	throw new Error('/proc/self/auxv has no AT_PAGESZ entry');
}

function randomUuid(): Buffer {
	const uuid = randomBytes(16);
	// Version 4, variant 1 (RFC 9562).
	uuid.writeUInt8(0x40 | (uuid.readUInt8(6) & 0x0f), 6);
	uuid.writeUInt8(0x80 | (uuid.readUInt8(8) & 0x3f), 8);
	return uuid;
}
