// The master boot record: the table of four partitions in sector 0. No EFI specification but the oldest custom:
// Documentation of util-linux, include/pt-mbr.h.

/** Linux data; what sfdisk takes where nothing is said. */
export const linuxMbrType = 0x83;
export const protectiveMbrType = 0xee;

/**
 * "SLIP": the disk id while `format` is at work. What lies on such a disk is nobody's yet; an id that nobody else would
 * choose.
 */
export const unfinishedDiskId = 0x50494c53;

export interface MbrPartition {
	/** 1 to 4. */
	readonly number: number;
	readonly type: number;
	readonly firstSector: number;
	readonly sectors: number;
}

export interface Mbr {
	readonly diskId: number;
	readonly partitions: readonly MbrPartition[];
}

/** The greatest number of sectors that an entry can hold. */
export const maxMbrSectors = 2 ** 32 - 1;

const entriesAt = 446;
const signatureAt = 510;

/** Returns null when sector 0 is no boot record. A file system's boot sector may look like one: see contents.ts. */
export function parseMbr(sector: Buffer): Mbr | null {
	if (sector.readUInt16LE(signatureAt) !== 0xaa55) return null;
	const partitions: MbrPartition[] = [];
	for (let index = 0; index < 4; index += 1) {
		const at = entriesAt + index * 16;
		const [flag, type] = [sector.readUInt8(at), sector.readUInt8(at + 4)];
		// Anything else is code or text that ends in the signature by custom.
		if ((flag & 0x7f) !== 0) return null;
		const [firstSector, sectors] = [sector.readUInt32LE(at + 8), sector.readUInt32LE(at + 12)];
		if (type !== 0) partitions.push({ number: index + 1, type, firstSector, sectors });
	}
	return { diskId: sector.readUInt32LE(440), partitions };
}

/** A sector of 512 bytes, without boot code. The places by cylinder and head say "too far", as all do today. */
export function mbrSector({ diskId, partitions }: Mbr): Buffer {
	const sector = Buffer.alloc(512);
	sector.writeUInt32LE(diskId, 440);
	for (const { number, type, firstSector, sectors } of partitions) {
		const at = entriesAt + (number - 1) * 16;
		sector.write('feffff', at + 1, 'hex');
		sector.writeUInt8(type, at + 4);
		sector.write('feffff', at + 5, 'hex');
		sector.writeUInt32LE(firstSector, at + 8);
		sector.writeUInt32LE(sectors, at + 12);
	}
	sector.writeUInt16LE(0xaa55, signatureAt);
	return sector;
}
