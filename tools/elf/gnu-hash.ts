// The hash table by which a dynamic loader finds a name in a program (DT_GNU_HASH): a filter of bits that says at once
// that a name is not there, and buckets of symbols that stand side by side. See glibc's elf/dl-lookup.c.
//
// number of buckets | first symbol in the table | words of the filter | shift | filter (u64) | buckets | hashes (u32)
// A bucket is its first symbol's number, 0 for none; the last hash of a bucket has its lowest bit set.

const headBytes = 16;
const filterShift = 6;
const filterBits = 64n;

export function gnuHash(name: string): number {
	let hash = 5381;
	for (let at = 0; at < name.length; at += 1) hash = (Math.imul(hash, 33) + name.charCodeAt(at)) >>> 0;
	return hash;
}

export interface HashTableInfo {
	/** The number of all symbols, those that are not in the table included. */
	readonly count: number;
	readonly firstHashed: number;
	readonly lengthBytes: number;
}

export function readHashTable(bytes: Buffer, at: number): HashTableInfo {
	const [buckets = 0, firstHashed = 0, filterWords = 0] = [0, 4, 8].map((field) =>
		bytes.readUInt32LE(at + field),
	);
	const bucketsAt = at + headBytes + filterWords * 8;
	const hashesAt = bucketsAt + buckets * 4;
	let last = firstHashed - 1;
	for (let bucket = 0; bucket < buckets; bucket += 1) {
		const first = bytes.readUInt32LE(bucketsAt + bucket * 4);
		if (first === 0) continue;
		let symbol = first;
		while ((bytes.readUInt32LE(hashesAt + (symbol - firstHashed) * 4) & 1) === 0) symbol += 1;
		last = Math.max(last, symbol);
	}
	const count = last + 1;
	return { count, firstHashed, lengthBytes: hashesAt + (count - firstHashed) * 4 - at };
}

export interface HashTable {
	readonly bytes: Buffer;
	/** The order that the symbols must have: places in the list that was given. */
	readonly order: readonly number[];
}

export function hashTable(hashes: readonly number[], firstHashed: number): HashTable {
	const buckets = Math.max(1, hashes.length >> 1);
	const order = [...hashes.keys()].sort((a, b) => bucketOf(a) - bucketOf(b));
	function bucketOf(place: number): number {
		return (hashes[place] ?? 0) % buckets;
	}

	const bytes = Buffer.alloc(headBytes + 8 + (buckets + hashes.length) * 4);
	for (const [index, field] of [buckets, firstHashed, 1, filterShift].entries())
		bytes.writeUInt32LE(field, index * 4);
	let filter = 0n;
	const bucketsAt = headBytes + 8;
	const hashesAt = bucketsAt + buckets * 4;
	for (const [index, place] of order.entries()) {
		const hash = hashes[place] ?? 0;
		filter |= (1n << (BigInt(hash) % filterBits)) | (1n << (BigInt(hash >>> filterShift) % filterBits));
		const next = order[index + 1];
		const isLast = next === undefined || bucketOf(next) !== bucketOf(place);
		bytes.writeUInt32LE(((hash & ~1) | (isLast ? 1 : 0)) >>> 0, hashesAt + index * 4);
		const bucketAt = bucketsAt + bucketOf(place) * 4;
		if (bytes.readUInt32LE(bucketAt) === 0) bytes.writeUInt32LE(firstHashed + index, bucketAt);
	}
	bytes.writeBigUInt64LE(filter, headBytes);
	return { bytes, order };
}
