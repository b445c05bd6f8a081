// A signature: bytes at a fixed place that identify a file system, a table or a part of one.

import type { BlockReader } from './block-reader.ts';
import type { Identity } from './fields.ts';

export interface Signature {
	/** As blkid calls it. */
	readonly type: string;
	/**
	 * The kind of content: a file system can be mounted, a container (RAID, LVM, LUKS, swap, …) holds something
	 * else, a table is one that we don't read.
	 */
	readonly kind: 'filesystem' | 'container' | 'table';
	/** Bytes as a latin1 text. */
	readonly magic: string;
	/** In bytes; a negative one counts from the end. */
	readonly offsets: readonly number[];
	/** Confirms a match whose magic is too short to be sure, or whose place depends on the size. */
	readonly confirm?: (reader: BlockReader, offset: number) => boolean;
	/** @param offset - of the magic */
	readonly identify?: (reader: BlockReader, offset: number) => Identity;
	/** The precise type, where one magic stands for several. */
	readonly refine?: (reader: BlockReader) => string;
}

export function offsetOf(reader: BlockReader, offset: number): number {
	return offset < 0 ? reader.sizeBytes + offset : offset;
}
