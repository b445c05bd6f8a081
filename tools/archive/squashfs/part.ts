// A part: a squashfs image of one segment (make-part.ts), behind it the digests of its files by the numbers of their
// inodes, and at the end a digest of superblock, tables and digests. A join reads these alone, so they are checked before they are
// used; the bytes of the files are checked while they are copied.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { readAttributes } from './attributes.ts';
import {
	type DirectoryInode,
	decodeInode,
	extendedBy,
	type FileData,
	type Inode,
	type InodeSource,
	inodeTypes,
	storedBlock,
} from './inode.ts';
import { type ImageSettings, joinParts } from './join.ts';
import { decodeListing } from './listing.ts';
import {
	decompressBlock,
	inodeReference,
	type MetadataReader,
	openMetadata,
	placeOfReference,
} from './metadata.ts';
import {
	DamagedSquashfs,
	type DecodedSuperblock,
	decodeSuperblock,
	type SquashCompressor,
	superblockBytes,
} from './superblock.ts';
import { decompressXz } from './xz-block.ts';

export interface Part {
	readonly path: string;
	readonly root: DirectoryInode;
	readonly compressor: SquashCompressor;
	readonly blockBytes: number;
	/** The range of the file with the blocks of files and fragments. */
	readonly data: { readonly start: number; readonly end: number };
	/** Records of 16 bytes: the position, the size with its mark, and zeros. */
	readonly fragments: Buffer;
}

const digestBytes = 32;
/** The superblock and the size of the compressor's options. */
const headBytes = superblockBytes + 2;
export const fragmentBytes = 16;

/**
 * Writes the tables and digests of a part whose blocks have been written.
 *
 * @param root - the files have their bytes in the range `data`
 */
export async function finishPart(
	file: FileHandle,
	root: DirectoryInode,
	{ data, fragments }: Pick<Part, 'data' | 'fragments'>,
	settings: ImageSettings,
): Promise<void> {
	const { head, tail, numbers } = joinParts(root, [{ ranges: [data], fragments }], settings, data.start);
	const tables = Buffer.concat([tail, digestsOf(numbers)]);
	await writeAll(file, head, 0);
	await writeAll(file, tables, data.end);
	const start = Buffer.alloc(headBytes);
	await file.read(start, 0, headBytes, 0);
	await writeAll(file, digestOf(start, tables), data.end + tables.length);
	await file.sync();
}

/** Returns the digest of each file in the order of the inodes' numbers, and zeros for other inodes. */
function digestsOf(numbers: ReadonlyMap<Inode, number>): Buffer {
	const digests = Buffer.alloc(digestBytes * numbers.size);
	for (const [inode, number] of numbers)
		if (inode.kind === 'file') inode.data.digest?.copy(digests, digestBytes * (number - 1));
	return digests;
}

export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
	for (let at = 0; at < bytes.length; )
		at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}

/**
 * Reads the tables of a part. Throws a `DamagedSquashfs` when they are not those that were written.
 *
 * @param index - the part's number in the join
 * @param what - names the part in errors
 */
export async function openPart(path: string, index: number, what: string): Promise<Part> {
	return await reading(path, async (file, sizeBytes) => {
		const { head, tables, superblock } = await readTables(file, sizeBytes - digestBytes, what);
		const written = await readAt(file, sizeBytes - digestBytes, digestBytes, what);
		if (!written.equals(digestOf(head, tables))) throw new DamagedSquashfs(what, 'its tables have changed');
		const digests = tables.subarray(tables.length - digestBytes * superblock.inodes);
		const digest = (number: number) => digests.subarray(digestBytes * (number - 1), digestBytes * number);
		return partOf({ path, index, what, digest }, superblock, tables);
	});
}

/** Reads an image that no digest follows. */
export async function readImage(path: string, index: number, what: string): Promise<Part> {
	return await reading(path, async (file, sizeBytes) => {
		const { tables, superblock } = await readTables(file, sizeBytes, what);
		return partOf({ path, index, what, digest: () => null }, superblock, tables);
	});
}

async function reading<T>(
	path: string,
	work: (file: FileHandle, sizeBytes: number) => Promise<T>,
): Promise<T> {
	const file = await open(path, 'r');
	try {
		return await work(file, (await file.stat()).size);
	} finally {
		await file.close();
	}
}

function partOf(
	{
		path,
		index,
		what,
		digest,
	}: { readonly path: string; readonly index: number } & Pick<InodeSource, 'what' | 'digest'>,
	superblock: DecodedSuperblock,
	tables: Buffer,
): Part {
	const { compressor, blockBytes, dataStart, inodeTable, fragments } = superblock;
	const metadata = openMetadata(tables, inodeTable, compressor, what);
	const ids = metadata.indexed(superblock.idTable, superblock.ids, 4);
	const source: InodeSource = {
		what,
		part: index,
		blockBytes,
		id(number) {
			if (4 * number >= ids.length) throw new DamagedSquashfs(what, 'an owner is not there');
			return ids.readUInt32LE(4 * number);
		},
		xattrs: readAttributes(metadata, superblock.xattrTable, what),
		digest,
	};
	return {
		path,
		root: readTree(metadata, superblock, source),
		compressor,
		blockBytes,
		data: { start: dataStart, end: inodeTable },
		fragments:
			fragments === 0
				? Buffer.alloc(0)
				: metadata.indexed(superblock.fragmentTable, fragments, fragmentBytes),
	};
}

async function readTables(file: FileHandle, sizeBytes: number, what: string) {
	const head = await readAt(file, 0, headBytes, what);
	const superblock = decodeSuperblock(head, what);
	const { inodeTable, bytesUsed } = superblock;
	if (inodeTable > bytesUsed || bytesUsed > sizeBytes) throw new DamagedSquashfs(what, 'it is cut');
	return { head, superblock, tables: await readAt(file, inodeTable, sizeBytes - inodeTable, what) };
}

async function readAt(file: FileHandle, position: number, count: number, what: string): Promise<Buffer> {
	const bytes = Buffer.alloc(count);
	const { bytesRead } = await file.read(bytes, 0, count, position);
	if (bytesRead !== count) throw new DamagedSquashfs(what, 'it is cut');
	return bytes;
}

function digestOf(head: Buffer, tables: Buffer): Buffer {
	return createHash('sha256').update(head).update(tables).digest();
}

function readTree(
	metadata: MetadataReader,
	{
		root,
		inodeTable,
		directoryTable,
		inodes,
	}: { root: number; inodeTable: number; directoryTable: number; inodes: number },
	source: InodeSource,
): DirectoryInode {
	const { what } = source;
	const shared = new Map<number, Inode>();
	/** Directories have one name each, so a tree has no more of them than inodes. */
	let directories = 0;
	const decode = (reference: number) =>
		decodeInode(metadata.from(inodeTable, placeOfReference(reference)), source);
	const first = decode(root);
	if (first.inode.kind !== 'directory') throw new DamagedSquashfs(what, 'its root is no directory');
	const pending = [{ directory: first.inode, listing: first.listing }];
	for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
		const { directory, listing } = next;
		if (++directories > inodes) throw new DamagedSquashfs(what, 'its directories have no end');
		if (listing === null || listing.sizeBytes === 0) continue;
		const bytes = metadata.from(directoryTable, listing)(listing.sizeBytes);
		for (const { name, place, type } of decodeListing(bytes, what)) {
			const reference = inodeReference(place);
			const known = shared.get(reference);
			if (known !== undefined) {
				directory.children.set(name, known);
				continue;
			}
			const decoded = decode(reference);
			const { inode, isShared } = decoded;
			if (type % extendedBy !== inodeTypes[inode.kind] % extendedBy)
				throw new DamagedSquashfs(what, 'a name and its inode are of different kinds');
			if (isShared && inode.kind !== 'directory') shared.set(reference, inode);
			directory.children.set(name, inode);
			if (inode.kind === 'directory') pending.push({ directory: inode, listing: decoded.listing });
		}
	}
	return first.inode;
}

/** Returns the bytes of a file. Throws for one of more than `maxBytes`. */
export async function readFileData(
	part: Part,
	data: FileData,
	maxBytes: number,
	what: string,
): Promise<Buffer> {
	if (data.sizeBytes > maxBytes) throw new DamagedSquashfs(what, `a file has ${data.sizeBytes} bytes`);
	const file = await open(part.path, 'r');
	const { blockBytes, compressor, fragments } = part;
	const block = async (position: number, field: number, size: number): Promise<Buffer> => {
		const length = field % storedBlock;
		if (length === 0) return Buffer.alloc(size);
		const stored = await readAt(file, position, length, what);
		if (field >= storedBlock) return stored;
		if (compressor === 'xz') return await decompressXz(stored, blockBytes, what);
		return decompressBlock(stored, compressor, blockBytes, what);
	};
	const parts: Buffer[] = [];
	try {
		let position = data.start;
		let missing = data.sizeBytes;
		for (let at = 0; at < data.blockSizes.length; at += 4) {
			const field = data.blockSizes.readUInt32LE(at);
			const bytes = await block(position, field, Math.min(blockBytes, missing));
			position += field % storedBlock;
			missing -= bytes.length;
			parts.push(bytes);
		}
		if (data.fragment !== null) {
			const at = data.fragment * fragmentBytes;
			if (at >= fragments.length) throw new DamagedSquashfs(what, 'a fragment is not there');
			const start = Number(fragments.readBigUInt64LE(at));
			const bytes = await block(start, fragments.readUInt32LE(at + 8), blockBytes);
			parts.push(bytes.subarray(data.fragmentOffset, data.fragmentOffset + missing));
		}
	} finally {
		await file.close();
	}
	const result = Buffer.concat(parts);
	if (result.length !== data.sizeBytes) throw new DamagedSquashfs(what, 'a file has another size');
	return result;
}
