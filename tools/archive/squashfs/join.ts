// Joins parts to one squashfs image: their blocks are copied as they are, and new tables describe the merged tree. Only
// the tables are made in memory.

import { SlipwayError } from '../../errors.ts';
import { nameToBytes } from '../name-bytes.ts';
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
	/** The range of its file that is copied. */
	readonly data: { readonly start: number; readonly end: number };
	readonly fragments: Buffer;
}

export interface ImageTables {
	/** The start of the image; the ranges of the parts follow in their order. */
	readonly head: Buffer;
	/** The end of the image, padded to whole pages. */
	readonly tail: Buffer;
	/** The size of the whole image. */
	readonly sizeBytes: number;
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
	const moved: { readonly by: number; readonly firstFragment: number }[] = [];
	let position = dataStart;
	let fragments = 0;
	for (const { data, fragments: own } of parts) {
		moved.push({ by: position - data.start, firstFragment: fragments });
		position += data.end - data.start;
		fragments += own.length / fragmentBytes;
	}
	const tables = writeTree(root, moved);
	const inodeTable = position;
	const directoryTable = inodeTable + tables.inodes.length;
	const fragmentStart = directoryTable + tables.directories.length;
	const fragment = indexedTable(movedFragments(parts, moved), fragmentStart);
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
	return { head: Buffer.concat([superblock, options]), tail, sizeBytes: inodeTable + tail.length };
}

function movedFragments(parts: readonly JoinedPart[], moved: readonly { readonly by: number }[]): Buffer {
	const all = parts.map(({ fragments }, index) => {
		const own = Buffer.from(fragments);
		for (let at = 0; at < own.length; at += fragmentBytes)
			own.writeBigUInt64LE(own.readBigUInt64LE(at) + BigInt(moved[index]?.by ?? 0), at);
		return own;
	});
	return Buffer.concat(all);
}

/** Writes the tables that the tree alone determines. */
function writeTree(
	root: DirectoryInode,
	moved: readonly { readonly by: number; readonly firstFragment: number }[],
) {
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
		const { by = 0, firstFragment = 0 } = moved[inode.data.part] ?? {};
		const { start, fragment } = inode.data;
		const placed = {
			start: inode.data.blockSizes.length === 0 ? 0 : start + by,
			fragment: fragment === null ? noFragment : firstFragment + fragment,
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
