// The entries of directories in squashfs: runs of up to 256 entries whose inodes stand in one metadata block, each run
// behind a header; sorted by the bytes of their names. A listing of several blocks has an index for lookups.

import { nameFromBytes } from '../../../supervisor/image/name-bytes.ts';
import type { MetadataPlace, MetadataWriter } from './metadata.ts';
import { DamagedSquashfs } from './superblock.ts';

export interface ListedInode {
	readonly place: MetadataPlace;
	/** The basic type. */
	readonly type: number;
}

/** An entry that is written. */
export interface ListingEntry extends ListedInode {
	readonly name: Buffer;
	readonly number: number;
}

const headerBytes = 12;
const entryBytes = 8;
const maxEntries = 256;
/** The limits of an entry's number, which is relative to that of the header. */
const maxDifference = 0x7fff;
const nameMax = 255;

/** Yields the entries of a listing. Throws a `DamagedSquashfs` for names that no directory has. */
export function* decodeListing(
	bytes: Buffer,
	what: string,
): Generator<ListedInode & { readonly name: string }, void> {
	const field = (at: number, count: number): Buffer => {
		if (at + count <= bytes.length) return bytes.subarray(at, at + count);
		throw new DamagedSquashfs(what, 'a directory is cut');
	};
	for (let at = 0; at < bytes.length; ) {
		const header = field(at, headerBytes);
		const count = header.readUInt32LE(0) + 1;
		const block = header.readUInt32LE(4);
		at += headerBytes;
		if (count > maxEntries) throw new DamagedSquashfs(what, 'a directory has a damaged header');
		for (let index = 0; index < count; index++) {
			const entry = field(at, entryBytes);
			const length = entry.readUInt16LE(6) + 1;
			const name = field(at + entryBytes, length);
			at += entryBytes + length;
			const isName = length <= nameMax && !name.includes(0) && !name.includes(0x2f);
			if (!isName || ['.', '..'].includes(name.toString('latin1')))
				throw new DamagedSquashfs(what, 'a directory has a name that no file can have');
			yield {
				name: nameFromBytes(name),
				place: { block, offset: entry.readUInt16LE(0) },
				type: entry.readUInt16LE(4),
			};
		}
	}
}

export interface WrittenListing {
	readonly place: MetadataPlace;
	readonly sizeBytes: number;
	readonly index: Buffer;
	readonly indexEntries: number;
}

/** Adds the entries, which are sorted, to the directory table. */
export function writeListing(entries: readonly ListingEntry[], table: MetadataWriter): WrittenListing {
	const place = table.place();
	const index: Buffer[] = [];
	let sizeBytes = 0;
	let indexedBlock = place.block;
	for (let at = 0; at < entries.length; ) {
		const run = nextRun(entries, at);
		const first = entries[at];
		if (first === undefined) break;
		const { block } = table.place();
		if (block !== indexedBlock) {
			index.push(indexEntry(sizeBytes, block, first.name));
			indexedBlock = block;
		}
		const bytes = encodeRun(run, first);
		table.add(bytes);
		sizeBytes += bytes.length;
		at += run.length;
	}
	return { place, sizeBytes, index: Buffer.concat(index), indexEntries: index.length };
}

/** Returns the entries that one header can have. A run of 256 names may fill several blocks; one of 8 KiB does not. */
function nextRun(entries: readonly ListingEntry[], start: number): readonly ListingEntry[] {
	const first = entries[start];
	let end = start;
	let bytes = headerBytes;
	for (; first !== undefined && end < entries.length && end - start < maxEntries; end++) {
		const entry = entries[end];
		if (entry === undefined || entry.place.block !== first.place.block) break;
		if (Math.abs(entry.number - first.number) > maxDifference) break;
		bytes += entryBytes + entry.name.length;
		if (bytes > maxRunBytes && end > start) break;
	}
	return entries.slice(start, end);
}

/** Keeps the runs of an index short: a lookup reads half of one in the middle. */
const maxRunBytes = 4096;

function indexEntry(listingOffset: number, block: number, name: Buffer): Buffer {
	const bytes = Buffer.alloc(12 + name.length);
	bytes.writeUInt32LE(listingOffset, 0);
	bytes.writeUInt32LE(block, 4);
	bytes.writeUInt32LE(name.length - 1, 8);
	name.copy(bytes, 12);
	return bytes;
}

function encodeRun(run: readonly ListingEntry[], first: ListingEntry): Buffer {
	const length = run.reduce((sum, { name }) => sum + entryBytes + name.length, headerBytes);
	const bytes = Buffer.alloc(length);
	bytes.writeUInt32LE(run.length - 1, 0);
	bytes.writeUInt32LE(first.place.block, 4);
	bytes.writeUInt32LE(first.number, 8);
	let at = headerBytes;
	for (const { place, number, type, name } of run) {
		bytes.writeUInt16LE(place.offset, at);
		bytes.writeInt16LE(number - first.number, at + 2);
		bytes.writeUInt16LE(type, at + 4);
		bytes.writeUInt16LE(name.length - 1, at + 6);
		name.copy(bytes, at + entryBytes);
		at += entryBytes + name.length;
	}
	return bytes;
}
