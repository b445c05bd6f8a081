// Makes an EROFS image of a stream of entries. Files come first, not compressed, each from the start of a block, as they arrive; the
// directories and the table of inodes follow. Equal files share their blocks. The same entries give the same bytes.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { nameToBytes } from '../../../supervisor/image/name-bytes.ts';
import { SlipwayError } from '../../errors.ts';
import type { Entry, FileEntry } from '../entry.ts';
import type { DirectoryInode, FileData, Inode } from '../squashfs/inode.ts';
import { newDirectory, placeEntry } from '../squashfs/tree.ts';
import {
	blockBytes,
	encodeAttributes,
	encodeInode,
	encodeListing,
	encodeSuperblock,
	inodeBytes,
	isHeldAttribute,
	layouts,
	slotBytes,
} from './inode.ts';

/** An image, and the tree in it: `FileData.start` is the position of a file's bytes. */
export interface ErofsImage {
	readonly root: DirectoryInode;
	readonly sizeBytes: number;
}

/** The first inodes stay free: programs take the number 0 for none. */
const firstSlot = 2;

/**
 * Writes the image to a new file. Throws a `SlipwayError` for what an image can't hold.
 *
 * @param entries - called once with the tree, which holds all that was yielded before
 * @param timeSeconds - of the image, and of directories that no entry names
 */
export async function makeErofs(
	entries: (root: DirectoryInode) => AsyncIterable<Entry>,
	path: string,
	timeSeconds: number,
): Promise<ErofsImage> {
	const root = newDirectory({ mode: 0o755, uid: 0, gid: 0, mtimeSeconds: timeSeconds });
	const file = await open(path, 'wx');
	try {
		const files = new WrittenFiles(file);
		for await (const entry of entries(root)) {
			if (entry.kind === 'hardlink') continue;
			refuseUnheld(entry);
			await placeEntry(root, entry, async (each) => await files.add(each));
		}
		const table = new InodeTable(root);
		const listings = await table.writeListings(file, files.end);
		const tableStart = listings / blockBytes;
		const sizeBytes = await table.writeInodes(file, tableStart);
		const blocks = sizeBytes / blockBytes;
		const superblock = {
			root: table.rootNumber,
			inodes: table.count,
			blocks,
			table: tableStart,
			timeSeconds,
		};
		await writeAll(file, encodeSuperblock(superblock), 0);
		// A file that is stored already may have been the last one.
		await file.truncate(sizeBytes);
		return { root, sizeBytes };
	} finally {
		await file.close();
	}
}

function refuseUnheld({ path, xattrs }: Entry): void {
	for (const [name, value] of xattrs ?? []) {
		if (!isHeldAttribute(name, value))
			throw new SlipwayError('BAD_IMAGE', `An EROFS can't hold the attribute ${name} of ${path}.`);
	}
}

/** Rounds up to whole blocks. */
function wholeBlocks(bytes: number): number {
	return Math.ceil(bytes / blockBytes) * blockBytes;
}

class WrittenFiles {
	readonly #file: FileHandle;
	/** Files that are stored, by their digests. */
	readonly #known = new Map<string, FileData>();
	#end = blockBytes;

	constructor(file: FileHandle) {
		this.#file = file;
	}

	/** The position behind the last file, at the start of a block. */
	get end(): number {
		return this.#end;
	}

	async add(entry: FileEntry): Promise<FileData> {
		const hash = createHash('sha256');
		let position = this.#end;
		for await (const chunk of entry.content()) {
			hash.update(chunk);
			await writeAll(this.#file, chunk, position);
			position += chunk.length;
		}
		const found = position - this.#end;
		if (found !== entry.sizeBytes) {
			const message = `${entry.path} has ${found} bytes, not ${entry.sizeBytes} as announced.`;
			throw new SlipwayError('BAD_IMAGE', message);
		}
		const digest = hash.digest();
		const known = this.#known.get(digest.toString('latin1'));
		// The next file is written over this one.
		if (known !== undefined) return known;
		const rest = { part: 0, sparseBytes: 0, fragment: null, fragmentOffset: 0, blockSizes: Buffer.alloc(0) };
		const data: FileData = { ...rest, start: this.#end, sizeBytes: found, digest };
		this.#known.set(digest.toString('latin1'), data);
		this.#end = await padBlock(this.#file, position);
		return data;
	}
}

/** Writes zeros up to the end of the block, over what may be there. Returns its position. */
async function padBlock(file: FileHandle, position: number): Promise<number> {
	const end = wholeBlocks(position);
	await writeAll(file, Buffer.alloc(end - position), position);
	return end;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
	for (let at = 0; at < bytes.length; ) {
		const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
		at += bytesWritten;
	}
}

interface Record {
	readonly inode: Inode;
	readonly attributes: Buffer;
	readonly parent: DirectoryInode;
	links: number;
	/** The place in the table, in bytes. */
	offset: number;
	/** What follows the inode in the table. */
	tail: Buffer;
	/** The first block of what is not in `tail`. */
	start: number;
	sizeBytes: number;
}

class InodeTable {
	readonly #records = new Map<Inode, Record>();
	readonly #root: DirectoryInode;
	#sizeBytes = firstSlot * slotBytes;

	constructor(root: DirectoryInode) {
		this.#root = root;
		this.#add(root, root);
		for (const record of this.#records.values()) this.#place(record);
	}

	get count(): number {
		return this.#records.size;
	}

	get rootNumber(): number {
		return this.#numberOf(this.#root);
	}

	/** Adds an inode and what is below it, each once; the root is the first. */
	#add(inode: Inode, parent: DirectoryInode): void {
		const before = this.#records.get(inode);
		if (before !== undefined) {
			before.links += 1;
			return;
		}
		const attributes = encodeAttributes(inode.xattrs);
		const own = { links: 1, offset: 0, tail: Buffer.alloc(0), start: 0, sizeBytes: 0 };
		const record: Record = { inode, attributes, parent, ...own };
		this.#records.set(inode, record);
		if (inode.kind !== 'directory') return;
		const children = [...inode.children.values()];
		record.links = 2 + children.filter(({ kind }) => kind === 'directory').length;
		for (const child of children) this.#add(child, inode);
	}

	/** Places the inode so that what follows it does not cross a block. */
	#place(record: Record): void {
		const { inode } = record;
		if (inode.kind === 'file') {
			record.start = inode.data.start / blockBytes;
			record.sizeBytes = inode.data.sizeBytes;
		} else if (inode.kind === 'symlink') {
			record.tail = inode.target;
			record.sizeBytes = inode.target.length;
		} else if (inode.kind === 'directory') {
			// The numbers in it are not known yet, its size is.
			const listing = this.#listingOf(record);
			record.sizeBytes = listing.length;
			record.tail = listing.subarray(listing.length - (listing.length % blockBytes));
		} else if ('device' in inode) record.start = inode.device;
		if (inodeBytes + record.attributes.length + record.tail.length > blockBytes)
			record.tail = Buffer.alloc(0);
		const length = inodeBytes + record.attributes.length + record.tail.length;
		const left = blockBytes - (this.#sizeBytes % blockBytes);
		if (left < length && length <= blockBytes) this.#sizeBytes += left;
		record.offset = this.#sizeBytes;
		this.#sizeBytes = Math.ceil((record.offset + length) / slotBytes) * slotBytes;
	}

	#numberOf(inode: Inode): number {
		return (this.#records.get(inode)?.offset ?? 0) / slotBytes;
	}

	#listingOf({ inode, parent }: Record): Buffer {
		if (inode.kind !== 'directory') return Buffer.alloc(0);
		const named = (name: Buffer, each: Inode) => ({ name, kind: each.kind, number: this.#numberOf(each) });
		const children = [...inode.children].map(([name, child]) => named(nameToBytes(name), child));
		return encodeListing([named(nameToBytes('.'), inode), named(nameToBytes('..'), parent), ...children]);
	}

	/** Writes what directories and links have in blocks. Returns the position behind it. */
	async writeListings(file: FileHandle, start: number): Promise<number> {
		let position = start;
		for (const record of this.#records.values()) {
			const { inode, sizeBytes } = record;
			if (inode.kind !== 'directory' && inode.kind !== 'symlink') continue;
			const bytes = inode.kind === 'symlink' ? inode.target : this.#listingOf(record);
			const inBlocks = bytes.subarray(0, sizeBytes - record.tail.length);
			record.tail = bytes.subarray(inBlocks.length);
			if (inBlocks.length === 0) continue;
			record.start = position / blockBytes;
			await writeAll(file, inBlocks, position);
			position = await padBlock(file, position + inBlocks.length);
		}
		return position;
	}

	/** Returns the size of the image. */
	async writeInodes(file: FileHandle, firstBlock: number): Promise<number> {
		const bytes = Buffer.alloc(wholeBlocks(this.#sizeBytes));
		let serial = 0;
		for (const { inode, attributes, offset, tail, start, sizeBytes, links } of this.#records.values()) {
			const layout = tail.length > 0 ? layouts.inline : layouts.blocks;
			const place = { layout, sizeBytes, start, serial: ++serial, links };
			Buffer.concat([encodeInode(inode, attributes, place), tail]).copy(bytes, offset);
		}
		const position = firstBlock * blockBytes;
		await writeAll(file, bytes, position);
		return position + bytes.length;
	}
}
