// Makes the part of one segment: writes the blocks of its files one after the other, and the tables behind them. The ends of files, and
// files that are smaller than a block, share blocks, which squashfs calls fragments. The same entries give the same bytes.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { SlipwayError } from '../../errors.ts';
import type { Entry, FileEntry } from '../entry.ts';
import { isHeldAttribute } from './attributes.ts';
import { type CompressionSettings, compressBlocks } from './compress-blocks.ts';
import { type DirectoryInode, type FileData, type FileInode, storedBlock } from './inode.ts';
import { finishPart, fragmentBytes, writeAll } from './part.ts';
import { compressorOptions, superblockBytes } from './superblock.ts';
import { newDirectory, placeEntry } from './tree.ts';

/** Is increased when the same entries give another part: see test/unit/tools/output/cache-versions.test.ts. */
const partVersion = 3;

/** Returns the part of a cache key that the format of parts determines. */
export function partFormat({ compressor, blockBytes, level }: CompressionSettings): string {
	return ['squashfs', partVersion, compressor, level, blockBytes].join(' ');
}

/** The tree can't become a squashfs, but it can be unpacked into the memory. */
export class NotForSquashfs extends SlipwayError {
	/** A sentence without its end. */
	readonly reason: string;

	constructor(why: string) {
		const reason = `a squashfs can't hold the tree, as ${why}`;
		super('BAD_IMAGE', `${reason.replace('a', 'A')}.`);
		this.reason = reason;
	}
}

const maxTime = 0xffff_ffff;

/** Refuses what a squashfs can't hold. */
export function refuseUnheld({ path, mtimeSeconds, xattrs }: Entry): void {
	if (mtimeSeconds > maxTime) throw new NotForSquashfs(`${path} has a time after 2106`);
	for (const name of xattrs?.keys() ?? [])
		if (!isHeldAttribute(name)) throw new NotForSquashfs(`${path} has the attribute ${name}`);
}

/** Writes the part to a new file. */
export async function makePart(
	entries: AsyncIterable<Entry>,
	path: string,
	settings: CompressionSettings,
): Promise<void> {
	const root = newDirectory({ mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 });
	const file = await open(path, 'w+');
	try {
		const files = new PackedFiles(settings.blockBytes);
		const start = superblockBytes + compressorOptions(settings.compressor).length;
		const end = await writeBlocks(file, start, files, compressBlocks(files.blocks(entries, root), settings));
		files.finish();
		const fragments = files.fragmentRecords();
		await finishPart(file, root, { data: { start, end }, fragments }, settings);
	} finally {
		await file.close();
	}
}

/** Returns the position behind the blocks. */
async function writeBlocks(
	file: FileHandle,
	start: number,
	files: PackedFiles,
	compressed: ReturnType<typeof compressBlocks>,
): Promise<number> {
	let position = start;
	for await (const { bytes, isStored } of compressed) {
		await writeAll(file, bytes, position);
		files.placeNext(position, bytes.length + (isStored ? storedBlock : 0));
		position += bytes.length;
	}
	return position;
}

/** The place of a file's end. */
interface FragmentPlace {
	readonly fragment: number | null;
	readonly fragmentOffset: number;
}

/** A file whose blocks are being compressed. */
interface OpenFile extends Pick<FileData, 'sizeBytes' | 'sparseBytes' | 'digest'>, FragmentPlace {
	readonly inode: FileInode;
	/** The position of the first block that is not empty. */
	start: number;
	readonly blockSizes: number[];
}

/** Receives the position and the size, with its mark, of a compressed block. */
type Place = (position: number, size: number) => void;

/** Is shared by all empty files. */
const noData: FileData = {
	part: 0,
	start: 0,
	sizeBytes: 0,
	sparseBytes: 0,
	fragment: null,
	fragmentOffset: 0,
	blockSizes: Buffer.alloc(0),
	digest: null,
};

/** Cuts files into blocks, and keeps what becomes of these. */
class PackedFiles {
	readonly #blockBytes: number;
	readonly #zeros: Buffer;
	readonly #files: OpenFile[] = [];
	/** What waits for its compressed block, in their order. */
	readonly #waiting: Place[] = [];
	readonly #fragments: Buffer[] = [];
	/** The fragment that is being filled. */
	#ends: Buffer[] = [];
	#endsBytes = 0;
	/** By digests: equal ends are stored once. */
	readonly #places = new Map<string, FragmentPlace>();

	constructor(blockBytes: number) {
		this.#blockBytes = blockBytes;
		this.#zeros = Buffer.alloc(blockBytes);
	}

	/** Places the entries in the tree and yields the blocks of their bytes. */
	async *blocks(entries: AsyncIterable<Entry>, root: DirectoryInode): AsyncGenerator<Buffer, void> {
		for await (const entry of entries) {
			if (entry.kind === 'hardlink') continue;
			refuseUnheld(entry);
			const inode = await placeEntry(root, entry, async () => noData);
			if (entry.kind === 'file' && entry.sizeBytes > 0 && inode.kind === 'file')
				yield* this.#blocksOf(entry, inode);
		}
		if (this.#endsBytes > 0) yield this.#takeFragment();
	}

	placeNext(position: number, size: number): void {
		this.#waiting.shift()?.(position, size);
	}

	/** Tells the inodes where their bytes are. */
	finish(): void {
		for (const { inode, blockSizes, ...data } of this.#files)
			inode.data = { part: 0, ...data, blockSizes: Buffer.from(Uint32Array.from(blockSizes).buffer) };
	}

	fragmentRecords(): Buffer {
		return Buffer.concat(this.#fragments);
	}

	async *#blocksOf(entry: FileEntry, inode: FileInode): AsyncGenerator<Buffer, void> {
		const hash = createHash('sha256');
		const open = { start: 0, blockSizes: [] as number[] };
		let end: Buffer = Buffer.alloc(0);
		let sizeBytes = 0;
		let sparseBytes = 0;
		for await (const block of inBlocks(entry.content(), this.#blockBytes)) {
			sizeBytes += block.length;
			if (sizeBytes > entry.sizeBytes) break;
			hash.update(block);
			if (block.length < this.#blockBytes) end = block;
			else if (block.equals(this.#zeros)) {
				sparseBytes += block.length;
				open.blockSizes.push(0);
			} else {
				const at = open.blockSizes.push(0) - 1;
				this.#waiting.push((position, size) => {
					open.start ||= position;
					open.blockSizes[at] = size;
				});
				yield block;
			}
		}
		if (sizeBytes !== entry.sizeBytes) throw anotherSize(entry, sizeBytes);
		const place = this.#placeOfEnd(end);
		if (place === null) yield this.#takeFragment();
		const { fragment, fragmentOffset } = place ?? this.#placeOfEnd(end) ?? noData;
		const digest = hash.digest();
		this.#files.push(
			Object.assign(open, { inode, sizeBytes, sparseBytes, fragment, fragmentOffset, digest }),
		);
	}

	/** Adds a file's end to the fragment that is being filled. Returns null when that is too full. */
	#placeOfEnd(end: Buffer): FragmentPlace | null {
		if (end.length === 0) return noData;
		const digest = createHash('sha256').update(end).digest('latin1');
		const known = this.#places.get(digest);
		if (known !== undefined) return known;
		if (this.#endsBytes + end.length > this.#blockBytes) return null;
		const place = { fragment: this.#fragments.length, fragmentOffset: this.#endsBytes };
		this.#ends.push(end);
		this.#endsBytes += end.length;
		this.#places.set(digest, place);
		return place;
	}

	/** Is called between files only: the blocks of one stand in a row. */
	#takeFragment(): Buffer {
		const bytes = Buffer.concat(this.#ends);
		this.#ends = [];
		this.#endsBytes = 0;
		const record = Buffer.alloc(fragmentBytes);
		this.#fragments.push(record);
		this.#waiting.push((position, size) => {
			record.writeBigUInt64LE(BigInt(position), 0);
			record.writeUInt32LE(size, 8);
		});
		return bytes;
	}
}

/** Yields whole blocks, and at the end a shorter one when bytes are left. */
async function* inBlocks(
	chunks: AsyncIterable<Uint8Array>,
	blockBytes: number,
): AsyncGenerator<Buffer, void> {
	let block = Buffer.allocUnsafe(blockBytes);
	let length = 0;
	for await (const chunk of chunks) {
		for (let at = 0; at < chunk.length; ) {
			const taken = chunk.subarray(at, at + blockBytes - length);
			block.set(taken, length);
			length += taken.length;
			at += taken.length;
			if (length < blockBytes) continue;
			yield block;
			block = Buffer.allocUnsafe(blockBytes);
			length = 0;
		}
	}
	if (length > 0) yield Buffer.from(block.subarray(0, length));
}

function anotherSize({ path, sizeBytes }: FileEntry, found: number): SlipwayError {
	const words =
		found > sizeBytes
			? `more than the ${sizeBytes} bytes that were announced`
			: `${found} bytes, not ${sizeBytes} as announced`;
	return new SlipwayError('BAD_IMAGE', `${path} has ${words}.`);
}
