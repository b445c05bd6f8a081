// The records of EROFS (the kernel's fs/erofs/erofs_fs.h): the superblock, inodes of the extended form, directory entries and attributes.
// All numbers are little-endian.

import type { Inode } from '../squashfs/inode.ts';

export const blockBytes = 4096;
/** An inode's number is its place in the table, counted in slots. */
export const slotBytes = 32;
export const inodeBytes = 64;
const magic = 0xe0f5e1e2;
const superblockAt = 1024;

/** The layouts of data that is not compressed: all in blocks, or with the last part behind the inode. */
export const layouts = { blocks: 0, inline: 2 } as const;
const extendedForm = 1;

interface SuperblockFields {
	/** The number of the root, which has 16 bits. */
	readonly root: number;
	readonly inodes: number;
	/** Of the whole image. */
	readonly blocks: number;
	/** The block at which the table of inodes begins. */
	readonly table: number;
	readonly timeSeconds: number;
}

/** Returns the first block. It has neither an id nor a name, so that the same tree gives the same bytes. */
export function encodeSuperblock({ root, inodes, blocks, table, timeSeconds }: SuperblockFields): Buffer {
	const bytes = Buffer.alloc(blockBytes);
	const at = bytes.subarray(superblockAt);
	at.writeUInt32LE(magic, 0);
	at.writeUInt8(Math.log2(blockBytes), 12);
	at.writeUInt16LE(root, 14);
	at.writeBigUInt64LE(BigInt(inodes), 16);
	at.writeBigUInt64LE(BigInt(timeSeconds), 24);
	at.writeUInt32LE(blocks, 36);
	at.writeUInt32LE(table, 40);
	return bytes;
}

/** Returns null for what is no superblock of this form. */
export function decodeSuperblock(bytes: Buffer): { readonly root: number; readonly table: number } | null {
	const at = bytes.subarray(superblockAt);
	if (at.readUInt32LE(0) !== magic || at.readUInt8(12) !== Math.log2(blockBytes)) return null;
	return { root: at.readUInt16LE(14), table: at.readUInt32LE(40) };
}

const types = { file: 1, directory: 2, character: 3, block: 4, fifo: 5, socket: 6, symlink: 7 } as const;
/** The bits of a mode that tell the kind, inode(7). */
const modeBits: Readonly<Record<Inode['kind'], number>> = {
	file: 0o100000,
	directory: 0o040000,
	character: 0o020000,
	block: 0o060000,
	fifo: 0o010000,
	socket: 0o140000,
	symlink: 0o120000,
};

/** Returns null for a mode of no kind. */
export function kindOfMode(mode: number): Inode['kind'] | null {
	const kinds = Object.entries(modeBits) as [Inode['kind'], number][];
	return kinds.find(([, bits]) => bits === (mode & 0o170000))?.[0] ?? null;
}

/** What the inode's place in an image determines. */
export interface InodePlace {
	readonly layout: (typeof layouts)[keyof typeof layouts];
	readonly sizeBytes: number;
	/** The first block of the data; a device has its number here. */
	readonly start: number;
	/** Counts the inodes from 1, for a stat(2) of 32 bits. */
	readonly serial: number;
	readonly links: number;
}

export function encodeInode(inode: Inode, attributes: Buffer, place: InodePlace): Buffer {
	const bytes = Buffer.alloc(inodeBytes);
	bytes.writeUInt16LE(extendedForm | (place.layout << 1), 0);
	bytes.writeUInt16LE(attributes.length === 0 ? 0 : (attributes.length - attributeHeadBytes) / 4 + 1, 2);
	bytes.writeUInt16LE(modeBits[inode.kind] | inode.mode, 4);
	bytes.writeBigUInt64LE(BigInt(place.sizeBytes), 8);
	bytes.writeUInt32LE(place.start, 16);
	bytes.writeUInt32LE(place.serial, 20);
	bytes.writeUInt32LE(inode.uid, 24);
	bytes.writeUInt32LE(inode.gid, 28);
	bytes.writeBigInt64LE(BigInt(inode.mtimeSeconds), 32);
	bytes.writeUInt32LE(place.links, 44);
	return Buffer.concat([bytes, attributes]);
}

const attributeHeadBytes = 12;
/** Returns the length of what stands between an inode and its data, by the number in the inode. */
export function attributesLength(count: number): number {
	return count === 0 ? 0 : (count - 1) * 4 + attributeHeadBytes;
}

/** Longer prefixes come first: a name is held by its prefix's number and the rest. */
const prefixes = [
	['system.posix_acl_access', 2],
	['system.posix_acl_default', 3],
	['user.', 1],
	['trusted.', 4],
	['security.', 6],
] as const;

function prefixOf(name: string): readonly [prefix: string, number: number] | undefined {
	return prefixes.find(([prefix]) => name.startsWith(prefix));
}

/** Reports whether an image can hold an attribute of this name with this value. */
export function isHeldAttribute(name: string, value: Uint8Array): boolean {
	const [prefix = ''] = prefixOf(name) ?? [];
	return prefix !== '' && Buffer.byteLength(name) - prefix.length <= 255 && value.length <= 0xffff;
}

/** Returns what stands between an inode and its data; empty for no attributes. */
export function encodeAttributes(attributes: ReadonlyMap<string, Uint8Array> | null): Buffer {
	if (attributes === null || attributes.size === 0) return Buffer.alloc(0);
	const parts = [Buffer.alloc(attributeHeadBytes)];
	for (const [name, value] of attributes) {
		const [prefix, number] = prefixOf(name) ?? ['', 0];
		const rest = Buffer.from(name.slice(prefix.length));
		const head = Buffer.alloc(4);
		head.writeUInt8(rest.length, 0);
		head.writeUInt8(number, 1);
		head.writeUInt16LE(value.length, 2);
		const used = head.length + rest.length + value.length;
		parts.push(head, rest, Buffer.from(value), Buffer.alloc(-used & 3));
	}
	return Buffer.concat(parts);
}

const entryBytes = 12;

export interface NamedInode {
	readonly name: Buffer;
	readonly kind: Inode['kind'];
	readonly number: number;
}

/**
 * Returns a directory's data: blocks of entries with their names behind them, in the order of the names' bytes, in which the kernel
 * searches. No entry crosses a block; the last block has no padding.
 */
export function encodeListing(entries: readonly NamedInode[]): Buffer {
	const sorted = entries.toSorted((a, b) => Buffer.compare(a.name, b.name));
	const blocks: Buffer[] = [];
	let group: NamedInode[] = [];
	let used = 0;
	for (const entry of sorted) {
		const needed = entryBytes + entry.name.length;
		if (used + needed > blockBytes) {
			const block = encodeGroup(group);
			blocks.push(block, Buffer.alloc(blockBytes - block.length));
			[group, used] = [[], 0];
		}
		group.push(entry);
		used += needed;
	}
	return Buffer.concat([...blocks, encodeGroup(group)]);
}

function encodeGroup(entries: readonly NamedInode[]): Buffer {
	const heads = Buffer.alloc(entryBytes * entries.length);
	let position = heads.length;
	for (const [index, { name, kind, number }] of entries.entries()) {
		const at = entryBytes * index;
		heads.writeBigUInt64LE(BigInt(number), at);
		heads.writeUInt16LE(position, at + 8);
		heads.writeUInt8(types[kind], at + 10);
		position += name.length;
	}
	return Buffer.concat([heads, ...entries.map(({ name }) => name)]);
}

/** Returns null for a damaged listing. */
export function decodeListing(bytes: Buffer): Omit<NamedInode, 'kind'>[] | null {
	const entries: Omit<NamedInode, 'kind'>[] = [];
	for (let start = 0; start < bytes.length; start += blockBytes) {
		const block = bytes.subarray(start, start + blockBytes);
		const heads = block.length < entryBytes ? 0 : block.readUInt16LE(8);
		if (heads < entryBytes || heads % entryBytes !== 0 || heads > block.length) return null;
		for (let at = 0; at < heads; at += entryBytes) {
			const from = block.readUInt16LE(at + 8);
			const to = at + entryBytes < heads ? block.readUInt16LE(at + entryBytes + 8) : block.length;
			if (from < heads || to < from || to > block.length) return null;
			const name = block.subarray(from, to);
			// The last name of a block that is not full ends in zeros.
			const end = name.indexOf(0);
			const number = Number(block.readBigUInt64LE(at));
			entries.push({ name: end === -1 ? name : name.subarray(0, end), number });
		}
	}
	return entries;
}
