// Joins parts to one squashfs image: those of their blocks that the merged tree needs are copied as they are, and new tables
// describe that tree. Only the tables are made in memory.

import { nameToBytes } from '../../../supervisor/image/name-bytes.ts';
import { SlipwayError } from '../../errors.ts';
import type { ByteRange } from '../../files/joined.ts';
import { attributeWriter } from './attributes.ts';
import {
	type DirectoryInode,
	encodeDirectory,
	encodeFile,
	encodeSpecial,
	type Inode,
	inodeTypes,
	noFragment,
} from './inode.ts';
import { type ListingEntry, writeListing } from './listing.ts';
import { indexedTable, inodeReference, type MetadataPlace, metadataWriter } from './metadata.ts';
import { compressorOptions, encodeSuperblock, type SquashCompressor, superblockBytes } from './superblock.ts';

export interface ImageSettings {
	readonly compressor: SquashCompressor;
	/** The size of the blocks of all parts. */
	readonly blockBytes: number;
}

/** What a part adds to the image. */
export interface JoinedPart {
	/** The ranges of its file that are copied, in their order; none touches another. */
	readonly ranges: readonly ByteRange[];
	/** Those outside of the ranges are left out. */
	readonly fragments: Buffer;
}

export interface ImageTables {
	/** The start of the image; the ranges of the parts follow in their order. */
	readonly head: Buffer;
	/** The end of the image, padded to whole pages. */
	readonly tail: Buffer;
	/** The size of the whole image. */
	readonly sizeBytes: number;
	/** The numbers of the inodes, from 1 on. */
	readonly numbers: ReadonlyMap<Inode, number>;
}

const pageBytes = 4096;
const fragmentBytes = 16;
const maxIds = 0xffff;

/** @param dataStart - the position of the first part's range; that behind the head by default */
export function joinParts(
	root: DirectoryInode,
	parts: readonly JoinedPart[],
	{ compressor, blockBytes }: ImageSettings,
	dataStart = superblockBytes + compressorOptions(compressor).length,
): ImageTables {
	const options = compressorOptions(compressor);
	const moved: MovedPart[] = [];
	let inodeTable = dataStart;
	let fragments = 0;
	for (const part of parts) {
		const each = movePart(part, inodeTable, fragments);
		moved.push(each);
		inodeTable = each.end;
		fragments += each.fragments.length / fragmentBytes;
	}
	const tables = writeTree(root, moved);
	const directoryTable = inodeTable + tables.inodes.length;
	const fragmentStart = directoryTable + tables.directories.length;
	const fragment = indexedTable(Buffer.concat(moved.map((part) => part.fragments)), fragmentStart);
	const exported = indexedTable(tables.references, fragmentStart + fragment.bytes.length);
	const ids = indexedTable(tables.ids, fragmentStart + fragment.bytes.length + exported.bytes.length);
	const attributesStart = ids.position + 8 * Math.ceil(tables.ids.length / 8192);
	const attributes = tables.attributes(attributesStart);
	const bytesUsed = attributesStart + (attributes?.bytes.length ?? 0);
	const superblock = encodeSuperblock({
		inodes: tables.count,
		blockBytes,
		fragments,
		compressor,
		ids: tables.ids.length / 4,
		root: tables.root,
		bytesUsed,
		idTable: ids.position,
		xattrTable: attributes?.position ?? null,
		inodeTable,
		directoryTable,
		fragmentTable: fragment.position,
		exportTable: exported.position,
	});
	const tail = Buffer.concat([
		tables.inodes,
		tables.directories,
		fragment.bytes,
		exported.bytes,
		ids.bytes,
		...(attributes === null ? [] : [attributes.bytes]),
		Buffer.alloc((pageBytes - (bytesUsed % pageBytes)) % pageBytes),
	]);
	const head = Buffer.concat([superblock, options]);
	return { head, tail, sizeBytes: inodeTable + tail.length, numbers: tables.numbers };
}

/** The places of a part's bytes in the image. */
interface MovedPart {
	/** Returns the new position of a byte in one of the ranges. */
	place(position: number): number;
	/** Returns the new number of a fragment that lies in one of the ranges. */
	fragmentNumber(own: number): number;
	/** The records of the fragments in the ranges. */
	readonly fragments: Buffer;
	/** The position behind the part's bytes. */
	readonly end: number;
}

function movePart({ ranges, fragments }: JoinedPart, start: number, firstFragment: number): MovedPart {
	const places: number[] = [];
	let end = start;
	for (const range of ranges) {
		places.push(end);
		end += range.end - range.start;
	}
	const rangeOf = (position: number): number => lastIndexUpTo(ranges, position);
	const place = (position: number): number => {
		const index = rangeOf(position);
		return position - (ranges[index]?.start ?? 0) + (places[index] ?? 0);
	};
	const kept: Buffer[] = [];
	const numbers = new Map<number, number>();
	for (let at = 0; at < fragments.length; at += fragmentBytes) {
		const position = Number(fragments.readBigUInt64LE(at));
		if (position >= (ranges[rangeOf(position)]?.end ?? 0)) continue;
		numbers.set(at / fragmentBytes, firstFragment + kept.length);
		const record = Buffer.from(fragments.subarray(at, at + fragmentBytes));
		record.writeBigUInt64LE(BigInt(place(position)));
		kept.push(record);
	}
	const fragmentNumber = (own: number): number => numbers.get(own) ?? noFragment;
	return { place, fragmentNumber, fragments: Buffer.concat(kept), end };
}

/** Returns the index of the last range that starts at or before the position; -1 for none. */
function lastIndexUpTo(ranges: readonly ByteRange[], position: number): number {
	let [low, high] = [0, ranges.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((ranges[middle]?.start ?? 0) <= position) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

/** Writes the tables that the tree alone determines. */
function writeTree(root: DirectoryInode, moved: readonly MovedPart[]) {
	const { numbers, links, count } = numberInodes(root);
	const ids = idWriter();
	const attributes = attributeWriter();
	const inodes = metadataWriter();
	const directories = metadataWriter();
	const written = new Map<Inode, MetadataPlace>();
	const references = Buffer.alloc(8 * count);

	const numbersOf = (inode: Inode) => {
		return {
			number: numbers.get(inode) ?? 0,
			uidIndex: ids.indexOf(inode.uid),
			gidIndex: ids.indexOf(inode.gid),
			xattrIndex: attributes.indexOf(inode.xattrs),
			links: links.get(inode) ?? 1,
		};
	};
	const add = (inode: Inode, bytes: Buffer): MetadataPlace => {
		const place = inodes.add(bytes);
		written.set(inode, place);
		const number = numbers.get(inode) ?? 0;
		references.writeBigUInt64LE(BigInt(inodeReference(place)), 8 * (number - 1));
		return place;
	};
	const addPlain = (inode: Exclude<Inode, DirectoryInode>): MetadataPlace => {
		if (inode.kind !== 'file') return add(inode, encodeSpecial(inode, numbersOf(inode)));
		const { part, start, fragment } = inode.data;
		const placed = {
			start: inode.data.blockSizes.length === 0 ? 0 : (moved[part]?.place(start) ?? 0),
			fragment: fragment === null ? noFragment : (moved[part]?.fragmentNumber(fragment) ?? noFragment),
		};
		return add(inode, encodeFile(inode, numbersOf(inode), placed));
	};
	/** Writes a directory's contents, then its entries, then itself: each refers to what stands before it. */
	const addDirectory = (directory: DirectoryInode, parent: number): MetadataPlace => {
		const own = numbersOf(directory);
		const entries: ListingEntry[] = [];
		for (const { name, inode } of sortedChildren(directory)) {
			const place =
				inode.kind === 'directory'
					? addDirectory(inode, own.number)
					: (written.get(inode) ?? addPlain(inode));
			entries.push({ name, place, type: inodeTypes[inode.kind], number: numbers.get(inode) ?? 0 });
		}
		const { place, ...listing } = writeListing(entries, directories);
		return add(directory, encodeDirectory(directory, own, { ...place, ...listing, parent }));
	};
	const rootPlace = addDirectory(root, count + 1);
	return {
		count,
		numbers,
		root: inodeReference(rootPlace),
		inodes: inodes.finish(),
		directories: directories.finish(),
		references,
		ids: ids.finish(),
		attributes: (start: number) => attributes.finish(start),
	};
}

/** Gives the inodes of a directory numbers in a row, which its entries can hold as small differences. */
function numberInodes(root: DirectoryInode) {
	const numbers = new Map<Inode, number>([[root, 1]]);
	const links = new Map<Inode, number>();
	const pending = [root];
	for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
		let names = 2;
		for (const { inode } of sortedChildren(directory)) {
			if (!numbers.has(inode)) numbers.set(inode, numbers.size + 1);
			if (inode.kind === 'directory') {
				names++;
				pending.push(inode);
			} else links.set(inode, (links.get(inode) ?? 0) + 1);
		}
		links.set(directory, names);
	}
	return { numbers, links, count: numbers.size };
}

function sortedChildren({ children }: DirectoryInode) {
	const all = [...children].map(([name, inode]) => ({ name: nameToBytes(name), inode }));
	return all.sort((a, b) => Buffer.compare(a.name, b.name));
}

function idWriter() {
	const known = new Map<number, number>();
	return {
		indexOf(id: number): number {
			const before = known.get(id);
			if (before !== undefined) return before;
			if (known.size === maxIds) {
				const message = `A squashfs holds up to ${maxIds} different owners and groups. Use --root unpacked.`;
				throw new SlipwayError('BAD_IMAGE', message);
			}
			known.set(id, known.size);
			return known.size - 1;
		},
		finish(): Buffer {
			const bytes = Buffer.alloc(4 * known.size);
			for (const [id, index] of known) bytes.writeUInt32LE(id, 4 * index);
			return bytes;
		},
	};
}
