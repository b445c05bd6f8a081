// The superblock of squashfs 4.0 and the compressor's options behind it (fs/squashfs/squashfs_fs.h of the kernel;
// dr-emann.github.io/squashfs describes all tables). Numbers are little-endian.

import { SlipwayError } from '../../errors.ts';

/** The compressors of images that can be read here, by their numbers in the superblock. */
const compressorIds = { xz: 4, lz4: 5, zstd: 6 } as const;

export type SquashCompressor = keyof typeof compressorIds;

export interface Superblock {
	readonly inodes: number;
	readonly blockBytes: number;
	readonly fragments: number;
	readonly compressor: SquashCompressor;
	readonly ids: number;
	/** See `inodeReference`. */
	readonly root: number;
	/** The size of the image without the padding at its end. */
	readonly bytesUsed: number;
	/** The positions of the tables in the image; null for one that it lacks. */
	readonly idTable: number;
	readonly xattrTable: number | null;
	readonly inodeTable: number;
	readonly directoryTable: number;
	readonly fragmentTable: number;
	readonly exportTable: number | null;
}

export const superblockBytes = 96;
const magic = 0x73717368;
const absent = 0xffff_ffff_ffff_ffffn;
/** Inodes, identities and attributes are not compressed; the image is exportable and has options of the compressor. */
const flags = {
	plainInodes: 1,
	exportable: 0x80,
	compressorOptions: 0x400,
	plainIds: 0x800,
	plainXattrs: 0x100,
};
const lz4Options = { bytes: 8, version: 1, highCompression: 1 };

/** Is thrown for an image whose tables contradict the format. */
export class DamagedSquashfs extends SlipwayError {
	constructor(what: string, why: string) {
		super('BAD_IMAGE', `${what} is no intact squashfs: ${why}.`);
	}
}

export function encodeSuperblock(fields: Superblock): Buffer {
	const block = Buffer.alloc(superblockBytes);
	const { compressor } = fields;
	block.writeUInt32LE(magic, 0);
	block.writeUInt32LE(fields.inodes, 4);
	block.writeUInt32LE(fields.blockBytes, 12);
	block.writeUInt32LE(fields.fragments, 16);
	block.writeUInt16LE(compressorIds[compressor], 20);
	block.writeUInt16LE(Math.log2(fields.blockBytes), 22);
	const options = compressorOptions(compressor).length > 0 ? flags.compressorOptions : 0;
	const plain = flags.plainInodes | flags.plainIds | flags.plainXattrs;
	block.writeUInt16LE(plain | options | (fields.exportTable === null ? 0 : flags.exportable), 24);
	block.writeUInt16LE(fields.ids, 26);
	block.writeUInt16LE(4, 28);
	const positions = [
		fields.root,
		fields.bytesUsed,
		fields.idTable,
		fields.xattrTable,
		fields.inodeTable,
		fields.directoryTable,
		fields.fragmentTable,
		fields.exportTable,
	];
	for (const [index, value] of positions.entries())
		block.writeBigUInt64LE(value === null ? absent : BigInt(value), 32 + 8 * index);
	return block;
}

/** Returns what follows the superblock. The kernel refuses lz4 without it; the others need no options to be read. */
export function compressorOptions(compressor: SquashCompressor): Buffer {
	if (compressor !== 'lz4') return Buffer.alloc(0);
	const options = Buffer.alloc(2 + lz4Options.bytes);
	options.writeUInt16LE(0x8000 | lz4Options.bytes, 0);
	options.writeUInt32LE(lz4Options.version, 2);
	options.writeUInt32LE(lz4Options.highCompression, 6);
	return options;
}

export interface DecodedSuperblock extends Superblock {
	/** The position behind the superblock and the compressor's options. */
	readonly dataStart: number;
}

/** @param head - the superblock and the two bytes behind it, at least */
export function decodeSuperblock(head: Buffer, what: string): DecodedSuperblock {
	if (head.length < superblockBytes + 2 || head.readUInt32LE(0) !== magic)
		throw new DamagedSquashfs(what, 'it does not begin with "hsqs"');
	const compressor = (Object.keys(compressorIds) as SquashCompressor[]).find(
		(name) => compressorIds[name] === head.readUInt16LE(20),
	);
	const blockBytes = head.readUInt32LE(12);
	const hasLog = blockBytes >= 4096 && blockBytes <= 2 ** 20 && blockBytes === 2 ** head.readUInt16LE(22);
	if (compressor === undefined || !hasLog || head.readUInt16LE(28) !== 4)
		throw new DamagedSquashfs(what, 'its compressor, block size or version is not known');
	const position = (index: number): number | null => {
		const value = head.readBigUInt64LE(32 + 8 * index);
		if (value === absent) return null;
		if (value > Number.MAX_SAFE_INTEGER) throw new DamagedSquashfs(what, 'a table lies outside of it');
		return Number(value);
	};
	const table = (index: number): number => {
		const value = position(index);
		if (value === null) throw new DamagedSquashfs(what, 'it lacks a table');
		return value;
	};
	const hasOptions = (head.readUInt16LE(24) & flags.compressorOptions) !== 0;
	const optionsBytes = hasOptions ? 2 + (head.readUInt16LE(superblockBytes) & 0x7fff) : 0;
	return {
		inodes: head.readUInt32LE(4),
		blockBytes,
		fragments: head.readUInt32LE(16),
		compressor,
		ids: head.readUInt16LE(26),
		root: table(0),
		bytesUsed: table(1),
		idTable: table(2),
		xattrTable: position(3),
		inodeTable: table(4),
		directoryTable: table(5),
		fragmentTable: position(6) ?? 0,
		exportTable: position(7),
		dataStart: superblockBytes + optionsBytes,
	};
}
