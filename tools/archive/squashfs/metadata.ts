// Metadata blocks of squashfs: 8 KiB of a table each, behind two bytes with the size and the mark "not compressed". A
// table is read at any place and written as a whole.

import { zstdDecompressSync } from 'node:zlib';
import { decompressLz4Block } from './lz4-block.ts';
import { DamagedSquashfs, type SquashCompressor } from './superblock.ts';

const metadataBytes = 8192;
const headerBytes = 2;
const isPlain = 0x8000;
const pointerBytes = 8;

/** A place in a table: the block's offset from the table's start, and the offset of the byte in the unpacked block. */
export interface MetadataPlace {
	readonly block: number;
	readonly offset: number;
}

/** Returns the number by which an inode is found: the block of its place in the upper bits, the offset in the lower 16. */
export function inodeReference({ block, offset }: MetadataPlace): number {
	return block * 0x1_0000 + offset;
}

export function placeOfReference(reference: number): MetadataPlace {
	return { block: Math.floor(reference / 0x1_0000), offset: reference % 0x1_0000 };
}

/** Decompresses a block, but none of xz (xz-block.ts), by which slipway compresses no tables. Throws a `DamagedSquashfs`. */
export function decompressBlock(
	block: Buffer,
	compressor: SquashCompressor,
	maxBytes: number,
	what: string,
): Buffer {
	if (compressor === 'lz4') {
		const bytes = decompressLz4Block(block, maxBytes);
		if (bytes !== null) return bytes;
	} else if (compressor === 'zstd') {
		try {
			return zstdDecompressSync(block, { maxOutputLength: maxBytes });
		} catch {
			// The error below says enough.
		}
	}
	throw new DamagedSquashfs(what, 'a block cannot be decompressed');
}

/** Reads tables from the end of an image, which is in memory. */
export interface MetadataReader {
	/** Returns a function that returns the next `count` bytes of a table at each call. */
	from(table: number, place: MetadataPlace): (count: number) => Buffer;
	/** Reads a table of `count` records of `recordBytes`, to whose blocks the list at `table` points. */
	indexed(table: number, count: number, recordBytes: number): Buffer;
	/** Returns bytes that are no metadata block. */
	raw(position: number, count: number): Buffer;
}

/**
 * @param tables - the part of the image that has all tables
 * @param start - the position of that part in the image
 */
export function openMetadata(
	tables: Buffer,
	start: number,
	compressor: SquashCompressor,
	what: string,
): MetadataReader {
	const unpacked = new Map<number, { readonly bytes: Buffer; readonly next: number }>();

	function raw(position: number, count: number): Buffer {
		const at = position - start;
		if (at < 0 || at + count > tables.length) throw new DamagedSquashfs(what, 'a table lies outside of it');
		return tables.subarray(at, at + count);
	}

	function blockAt(position: number): { readonly bytes: Buffer; readonly next: number } {
		const known = unpacked.get(position);
		if (known !== undefined) return known;
		const header = raw(position, headerBytes).readUInt16LE(0);
		const size = header & ~isPlain;
		const stored = raw(position + headerBytes, size);
		const isStored = (header & isPlain) !== 0;
		const bytes = isStored ? stored : decompressBlock(stored, compressor, metadataBytes, what);
		if (bytes.length === 0 || bytes.length > metadataBytes)
			throw new DamagedSquashfs(what, `a metadata block has ${bytes.length} bytes`);
		const result = { bytes, next: position + headerBytes + size };
		unpacked.set(position, result);
		return result;
	}

	function from(table: number, { block, offset }: MetadataPlace): (count: number) => Buffer {
		let current = blockAt(table + block);
		let at = offset;
		return (count) => {
			const first = current.bytes.subarray(at, at + count);
			at += first.length;
			if (first.length === count) return first;
			const parts = [first];
			for (let missing = count - first.length; missing > 0; ) {
				current = blockAt(current.next);
				const part = current.bytes.subarray(0, missing);
				at = part.length;
				missing -= part.length;
				parts.push(part);
			}
			return Buffer.concat(parts);
		};
	}

	return {
		from,
		indexed(table, count, recordBytes) {
			const total = count * recordBytes;
			const parts: Buffer[] = [];
			const pointers = raw(table, pointerBytes * Math.ceil(total / metadataBytes));
			for (let at = 0; at < pointers.length; at += pointerBytes)
				parts.push(blockAt(Number(pointers.readBigUInt64LE(at))).bytes);
			const bytes = Buffer.concat(parts);
			if (bytes.length !== total) throw new DamagedSquashfs(what, 'a table has another size than announced');
			return bytes;
		},
		raw,
	};
}

/** Collects the bytes of a table. Blocks are not compressed, so each place is known before the table is complete. */
export interface MetadataWriter {
	/** Returns the place of the first byte. */
	add(bytes: Buffer): MetadataPlace;
	/** Returns the place of the next byte. */
	place(): MetadataPlace;
	finish(): Buffer;
}

export function metadataWriter(): MetadataWriter {
	let bytes: Buffer = Buffer.alloc(64 * 1024);
	let length = 0;
	const place = (): MetadataPlace => {
		return {
			block: Math.floor(length / metadataBytes) * (headerBytes + metadataBytes),
			offset: length % metadataBytes,
		};
	};
	return {
		place,
		add(more) {
			const at = place();
			if (length + more.length > bytes.length) {
				const larger = Buffer.alloc(2 * (length + more.length));
				bytes.copy(larger, 0, 0, length);
				bytes = larger;
			}
			more.copy(bytes, length);
			length += more.length;
			return at;
		},
		finish: () => Buffer.concat(storedBlocks(bytes.subarray(0, length))),
	};
}

/** Returns the blocks of a table, each with its header. */
function storedBlocks(bytes: Buffer): Buffer[] {
	const blocks: Buffer[] = [];
	for (let at = 0; at < bytes.length; at += metadataBytes) {
		const block = bytes.subarray(at, at + metadataBytes);
		const header = Buffer.alloc(headerBytes);
		header.writeUInt16LE(isPlain | block.length);
		blocks.push(header, block);
	}
	return blocks;
}

export interface IndexedTable {
	/** The blocks with the records, then `head` and the list of the blocks' positions. */
	readonly bytes: Buffer;
	/** The position to which the superblock points: that of `head`, or else of the list. */
	readonly position: number;
}

/** Lays out a table whose records are found through a list of blocks. */
export function indexedTable(records: Buffer, start: number, head = Buffer.alloc(0)): IndexedTable {
	const blocks = Buffer.concat(storedBlocks(records));
	const list = Buffer.alloc(pointerBytes * Math.ceil(records.length / metadataBytes));
	for (let index = 0; index * pointerBytes < list.length; index++)
		list.writeBigUInt64LE(BigInt(start + index * (headerBytes + metadataBytes)), index * pointerBytes);
	return { bytes: Buffer.concat([blocks, head, list]), position: start + blocks.length };
}
