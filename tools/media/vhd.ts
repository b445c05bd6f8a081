// The footer of a VHD image (Microsoft's "Virtual Hard Disk Image Format Specification", 1.0): its id and its time are those of the
// contents, so the same disk gives the same bytes. Pure.

import { createHash } from 'node:crypto';

export const vhdFooterBytes = 512;
const checksumOffset = 64;
const idOffset = 68;
const fixedDisk = 2;

/** @param identity - what makes the id of the disk: the same text gives the same id */
export function fixedVhdFooter(diskBytes: number, identity: string): Buffer {
	const footer = Buffer.alloc(vhdFooterBytes);
	footer.write('conectix', 0, 'latin1');
	footer.writeUInt32BE(2, 8);
	footer.writeUInt32BE(0x0001_0000, 12);
	// A fixed disk has no header behind the data.
	footer.fill(0xff, 16, 24);
	// Of a footer with this creator QEMU takes the size in bytes, and not the one in cylinders, which is smaller.
	footer.write('qem2', 28, 'latin1');
	footer.writeUInt32BE(0x0001_0000, 32);
	footer.write('Wi2k', 36, 'latin1');
	footer.writeBigUInt64BE(BigInt(diskBytes), 40);
	footer.writeBigUInt64BE(BigInt(diskBytes), 48);
	const { cylinders, heads, sectorsPerTrack } = geometryOf(diskBytes / 512);
	footer.writeUInt16BE(cylinders, 56);
	footer.set([heads, sectorsPerTrack], 58);
	footer.writeUInt32BE(fixedDisk, 60);
	return withIdentity(footer, identity);
}

/** Gives a footer, of another program too, an id that follows from the text, and the time 2000-01-01. */
export function withIdentity(footer: Buffer, identity: string): Buffer {
	const result = Buffer.from(footer);
	result.writeUInt32BE(0, 24);
	createHash('sha256').update(identity).digest().copy(result, idOffset, 0, 16);
	result.writeUInt32BE(0, checksumOffset);
	const sum = result.reduce((total, byte) => total + byte, 0);
	result.writeUInt32BE(~sum >>> 0, checksumOffset);
	return result;
}

/** The appendix of the specification. */
function geometryOf(totalSectors: number) {
	const sectors = Math.min(totalSectors, 65535 * 16 * 255);
	if (sectors >= 65535 * 16 * 63)
		return { cylinders: Math.floor(sectors / 255 / 16), heads: 16, sectorsPerTrack: 255 };
	let sectorsPerTrack = 17;
	let tracks = Math.floor(sectors / sectorsPerTrack);
	let heads = Math.max(4, Math.floor((tracks + 1023) / 1024));
	if (tracks >= heads * 1024 || heads > 16) {
		sectorsPerTrack = 31;
		heads = 16;
		tracks = Math.floor(sectors / sectorsPerTrack);
	}
	if (tracks >= heads * 1024) {
		sectorsPerTrack = 63;
		heads = 16;
		tracks = Math.floor(sectors / sectorsPerTrack);
	}
	return { cylinders: Math.floor(tracks / heads), heads, sectorsPerTrack };
}
