// The inodes of squashfs: what a tree in memory consists of, and their encoding in the inode table. Each kind has a basic
// form and an extended one, which holds attributes, large numbers or several names.

import { DamagedSquashfs } from './superblock.ts';

interface InodeBase {
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly mtimeSeconds: number;
	/** Inodes with the same attributes may share this map. Null for none. */
	readonly xattrs: ReadonlyMap<string, Uint8Array> | null;
}

/** The place of a file's bytes, which a join copies without a look at them. */
export interface FileData {
	/** The index of the part that has them. */
	readonly part: number;
	/** The position in that part. */
	readonly start: number;
	readonly sizeBytes: number;
	/** How many bytes of holes the file has. */
	readonly sparseBytes: number;
	/** The fragment of that part with the file's end; null when the end is a block of its own. */
	readonly fragment: number | null;
	readonly fragmentOffset: number;
	/** The sizes of the blocks, 32 bits each, as the inode holds them. */
	readonly blockSizes: Buffer;
	/** The SHA-256 of the file's bytes; null where no part has noted it. */
	readonly digest: Buffer | null;
}

export interface FileInode extends InodeBase {
	readonly kind: 'file';
	/** Is set once more when the bytes have been compressed, and when an equal file has them too. */
	data: FileData;
}

export interface DirectoryInode extends InodeBase {
	readonly kind: 'directory';
	/** By names as in `Entry.path`. */
	readonly children: Map<string, Inode>;
}

export interface SymlinkInode extends InodeBase {
	readonly kind: 'symlink';
	readonly target: Buffer;
}

export interface DeviceInode extends InodeBase {
	readonly kind: 'block' | 'character';
	/** As the kernel's new_encode_dev() makes it. */
	readonly device: number;
}

export interface PipeInode extends InodeBase {
	readonly kind: 'fifo' | 'socket';
}

export type Inode = FileInode | DirectoryInode | SymlinkInode | DeviceInode | PipeInode;

/** The numbers of the basic forms, which directory entries have too; an extended form has 7 more. */
export const inodeTypes = {
	directory: 1,
	file: 2,
	symlink: 3,
	block: 4,
	character: 5,
	fifo: 6,
	socket: 7,
} as const;

export const extendedBy = 7;
export const noFragment = 0xffff_ffff;
/** Is set in the size of a block that is not compressed. */
export const storedBlock = 0x100_0000;
export const noXattrs = 0xffff_ffff;
const maxNumber = 0xffff_ffff;

/** The numbers that an inode has in an image. */
export interface InodeNumbers {
	readonly number: number;
	readonly uidIndex: number;
	readonly gidIndex: number;
	/** Is `noXattrs` without attributes. */
	readonly xattrIndex: number;
	/** How many names it has; for a directory, with `.` and those of its subdirectories. */
	readonly links: number;
}

function header(inode: Inode, numbers: InodeNumbers, isExtended: boolean): Buffer {
	const bytes = Buffer.alloc(16);
	bytes.writeUInt16LE(inodeTypes[inode.kind] + (isExtended ? extendedBy : 0), 0);
	bytes.writeUInt16LE(inode.mode, 2);
	bytes.writeUInt16LE(numbers.uidIndex, 4);
	bytes.writeUInt16LE(numbers.gidIndex, 6);
	bytes.writeUInt32LE(inode.mtimeSeconds, 8);
	bytes.writeUInt32LE(numbers.number, 12);
	return bytes;
}

function numbers32(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(4 * values.length);
	for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
	return bytes;
}

function numbers64(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(8 * values.length);
	for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * index);
	return bytes;
}

/** A file's bytes in the joined image. */
export interface PlacedData {
	readonly start: number;
	/** Is `noFragment` for a file without one. */
	readonly fragment: number;
}

export function encodeFile(inode: FileInode, numbers: InodeNumbers, placed: PlacedData): Buffer {
	const { sizeBytes, sparseBytes, fragmentOffset, blockSizes } = inode.data;
	const { start, fragment } = placed;
	const { links, xattrIndex } = numbers;
	const isLarge = start > maxNumber || sizeBytes > maxNumber;
	const isExtended = isLarge || sparseBytes > 0 || links > 1 || xattrIndex !== noXattrs;
	const fields = isExtended
		? [numbers64(start, sizeBytes, sparseBytes), numbers32(links, fragment, fragmentOffset, xattrIndex)]
		: [numbers32(start, fragment, fragmentOffset, sizeBytes)];
	return Buffer.concat([header(inode, numbers, isExtended), ...fields, blockSizes]);
}

/** Encodes an inode that is neither a file nor a directory. */
export function encodeSpecial(
	inode: Exclude<Inode, FileInode | DirectoryInode>,
	numbers: InodeNumbers,
): Buffer {
	const isExtended = numbers.xattrIndex !== noXattrs;
	const fields =
		inode.kind === 'symlink'
			? [numbers32(numbers.links, inode.target.length), inode.target]
			: [numbers32(numbers.links, ...('device' in inode ? [inode.device] : []))];
	const attributes = isExtended ? [numbers32(numbers.xattrIndex)] : [];
	return Buffer.concat([header(inode, numbers, isExtended), ...fields, ...attributes]);
}

/** The place and size of a directory's entries, and of its index. */
export interface PlacedListing {
	readonly block: number;
	readonly offset: number;
	readonly sizeBytes: number;
	/** The encoded index, which only a listing of several blocks has. */
	readonly index: Buffer;
	readonly indexEntries: number;
	readonly parent: number;
}

/** The kernel counts `.` and `..` as three bytes of a listing. */
const emptyListingBytes = 3;

export function encodeDirectory(
	inode: DirectoryInode,
	numbers: InodeNumbers,
	listing: PlacedListing,
): Buffer {
	const size = listing.sizeBytes + emptyListingBytes;
	const { links, xattrIndex } = numbers;
	const isExtended = size > 0xffff || listing.indexEntries > 0 || xattrIndex !== noXattrs;
	const small = Buffer.alloc(4);
	if (!isExtended) {
		small.writeUInt16LE(size, 0);
		small.writeUInt16LE(listing.offset, 2);
		const fields = [numbers32(listing.block, links), small, numbers32(listing.parent)];
		return Buffer.concat([header(inode, numbers, false), ...fields]);
	}
	small.writeUInt16LE(listing.indexEntries, 0);
	small.writeUInt16LE(listing.offset, 2);
	const fields = [numbers32(links, size, listing.block, listing.parent), small, numbers32(xattrIndex)];
	return Buffer.concat([header(inode, numbers, true), ...fields, listing.index]);
}

/** What a part's tables add to an inode's own bytes. */
export interface InodeSource {
	/** Names the part in errors. */
	readonly what: string;
	readonly part: number;
	readonly blockBytes: number;
	id(index: number): number;
	xattrs(index: number): ReadonlyMap<string, Uint8Array> | null;
	/** Returns what is known of a file with this number. */
	digest(inodeNumber: number): Buffer | null;
}

export interface DecodedInode {
	readonly inode: Inode;
	/** Reports that other names may lead to the same inode. */
	readonly isShared: boolean;
	/** The place of a directory's entries; null for another kind. */
	readonly listing: { readonly block: number; readonly offset: number; readonly sizeBytes: number } | null;
}

/** @param next - returns the next bytes of the inode table */
export function decodeInode(next: (count: number) => Buffer, source: InodeSource): DecodedInode {
	const head = next(16);
	const type = head.readUInt16LE(0);
	const isExtended = type > extendedBy;
	const basicType = isExtended ? type - extendedBy : type;
	const common = {
		mode: head.readUInt16LE(2) & 0o7777,
		uid: source.id(head.readUInt16LE(4)),
		gid: source.id(head.readUInt16LE(6)),
		mtimeSeconds: head.readUInt32LE(8),
	};
	const xattrs = (field: Buffer, at: number) => source.xattrs(isExtended ? field.readUInt32LE(at) : noXattrs);
	switch (basicType) {
		case inodeTypes.file: {
			const { data, field } = decodeFile(next, isExtended, source, source.digest(head.readUInt32LE(12)));
			const isShared = isExtended && field.readUInt32LE(24) > 1;
			return { inode: { ...common, kind: 'file', data, xattrs: xattrs(field, 36) }, isShared, listing: null };
		}
		case inodeTypes.directory: {
			const field = next(isExtended ? 24 : 16);
			const size = isExtended ? field.readUInt32LE(4) : field.readUInt16LE(8);
			const listing = {
				block: field.readUInt32LE(isExtended ? 8 : 0),
				offset: field.readUInt16LE(isExtended ? 18 : 10),
				sizeBytes: Math.max(0, size - emptyListingBytes),
			};
			const inode = { ...common, kind: 'directory', children: new Map(), xattrs: xattrs(field, 20) } as const;
			return { inode, isShared: false, listing };
		}
		case inodeTypes.symlink: {
			const field = next(8);
			const target = next(field.readUInt32LE(4));
			const inode = {
				...common,
				kind: 'symlink',
				target,
				xattrs: xattrs(isExtended ? next(4) : field, 0),
			} as const;
			return { inode, isShared: field.readUInt32LE(0) > 1, listing: null };
		}
		case inodeTypes.block:
		case inodeTypes.character: {
			const kind = basicType === inodeTypes.block ? 'block' : 'character';
			const field = next(isExtended ? 12 : 8);
			const inode = { ...common, kind, device: field.readUInt32LE(4), xattrs: xattrs(field, 8) } as const;
			return { inode, isShared: field.readUInt32LE(0) > 1, listing: null };
		}
		case inodeTypes.fifo:
		case inodeTypes.socket: {
			const kind = basicType === inodeTypes.fifo ? 'fifo' : 'socket';
			const field = next(isExtended ? 8 : 4);
			const inode = { ...common, kind, xattrs: xattrs(field, 4) } as const;
			return { inode, isShared: field.readUInt32LE(0) > 1, listing: null };
		}
		default:
			throw new DamagedSquashfs(source.what, `an inode is of the kind ${type}`);
	}
}

function decodeFile(
	next: (count: number) => Buffer,
	isExtended: boolean,
	{ part, blockBytes }: InodeSource,
	digest: Buffer | null,
) {
	const field = next(isExtended ? 40 : 16);
	const number = (at: number): number => Number(field.readBigUInt64LE(at));
	const start = isExtended ? number(0) : field.readUInt32LE(0);
	const sizeBytes = isExtended ? number(8) : field.readUInt32LE(12);
	const fragment = field.readUInt32LE(isExtended ? 28 : 4);
	const blocks = sizeBytes / blockBytes;
	const count = fragment === noFragment ? Math.ceil(blocks) : Math.floor(blocks);
	const data: FileData = {
		part,
		start,
		sizeBytes,
		sparseBytes: isExtended ? number(16) : 0,
		fragment: fragment === noFragment ? null : fragment,
		fragmentOffset: field.readUInt32LE(isExtended ? 32 : 8),
		blockSizes: next(4 * count),
		digest,
	};
	return { data, field };
}
