// The extended attributes of squashfs: sets of them, which inodes name by a number. A name consists of a prefix's number
// and the rest, so only the prefixes of the kernel's fs/squashfs/xattr.c can be held.

import { noXattrs } from './inode.ts';
import { indexedTable, type MetadataReader, metadataWriter, placeOfReference } from './metadata.ts';
import { DamagedSquashfs } from './superblock.ts';

export type Attributes = ReadonlyMap<string, Uint8Array>;

/** By the numbers of the prefixes. */
const prefixes = ['user.', 'trusted.', 'security.'] as const;
const recordBytes = 16;
const headBytes = 16;

/** Reports whether an image can hold an attribute of this name. */
export function isHeldAttribute(name: string): boolean {
	return prefixes.some((prefix) => name.startsWith(prefix));
}

/** Returns a function that finds a set by its number. */
export function readAttributes(
	metadata: MetadataReader,
	table: number | null,
	what: string,
): (index: number) => Attributes | null {
	if (table === null) return (index) => (index === noXattrs ? null : missing(what));
	const head = metadata.raw(table, headBytes);
	const start = Number(head.readBigUInt64LE(0));
	const count = head.readUInt32LE(8);
	const records = metadata.indexed(table + headBytes, count, recordBytes);
	const sets = new Map<number, Attributes>();
	return (index) => {
		if (index === noXattrs) return null;
		if (index >= count) return missing(what);
		const known = sets.get(index);
		if (known !== undefined) return known;
		const reference = Number(records.readBigUInt64LE(index * recordBytes));
		const next = metadata.from(start, placeOfReference(reference));
		const names = records.readUInt32LE(index * recordBytes + 8);
		const set = readSet(names, next, what);
		sets.set(index, set);
		return set;
	};
}

function missing(what: string): never {
	throw new DamagedSquashfs(what, 'an inode has attributes that are not there');
}

/** Values that stand elsewhere are refused: `attributeWriter` makes none. */
function readSet(names: number, next: (count: number) => Buffer, what: string): Attributes {
	const set = new Map<string, Uint8Array>();
	for (let index = 0; index < names; index++) {
		const field = next(4);
		const type = field.readUInt16LE(0);
		const prefix = prefixes[type];
		if (prefix === undefined) throw new DamagedSquashfs(what, `an attribute is of the kind ${type}`);
		const name = `${prefix}${next(field.readUInt16LE(2)).toString()}`;
		set.set(name, new Uint8Array(next(next(4).readUInt32LE(0))));
	}
	return set;
}

/** Numbers the sets of an image and writes them. */
export interface AttributeWriter {
	/** Returns the number of the set, `noXattrs` for none. */
	indexOf(set: Attributes | null): number;
	/** Returns null when there are no attributes. */
	finish(start: number): { readonly bytes: Buffer; readonly position: number } | null;
}

export function attributeWriter(): AttributeWriter {
	const known = new Map<Attributes, number>();
	const table = metadataWriter();
	const records: Buffer[] = [];
	return {
		indexOf(set) {
			if (set === null || set.size === 0) return noXattrs;
			const before = known.get(set);
			if (before !== undefined) return before;
			const index = records.length;
			known.set(set, index);
			const { bytes, sizeBytes } = encodeSet(set);
			const { block, offset } = table.add(bytes);
			const record = Buffer.alloc(recordBytes);
			record.writeBigUInt64LE(BigInt(block) * 0x1_0000n + BigInt(offset), 0);
			record.writeUInt32LE(set.size, 8);
			record.writeUInt32LE(sizeBytes, 12);
			records.push(record);
			return index;
		},
		finish(start) {
			if (records.length === 0) return null;
			const sets = table.finish();
			const head = Buffer.alloc(headBytes);
			head.writeBigUInt64LE(BigInt(start), 0);
			head.writeUInt32LE(records.length, 8);
			const { bytes, position } = indexedTable(Buffer.concat(records), start + sets.length, head);
			return { bytes: Buffer.concat([sets, bytes]), position };
		},
	};
}

/** @returns the bytes, and the size that listxattr(2) needs: names with their prefixes and NULs */
function encodeSet(set: Attributes): { readonly bytes: Buffer; readonly sizeBytes: number } {
	const parts: Buffer[] = [];
	let sizeBytes = 0;
	for (const [name, value] of set) {
		const type = prefixes.findIndex((prefix) => name.startsWith(prefix));
		const rest = Buffer.from(name.slice(prefixes[type]?.length));
		const head = Buffer.alloc(4);
		head.writeUInt16LE(type, 0);
		head.writeUInt16LE(rest.length, 2);
		const size = Buffer.alloc(4);
		size.writeUInt32LE(value.length, 0);
		parts.push(head, rest, size, Buffer.from(value));
		sizeBytes += Buffer.byteLength(name) + 1;
	}
	return { bytes: Buffer.concat(parts), sizeBytes };
}
