// Joins files one after the other into a new file: an initrd may be any number of archives in a row.

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { SlipwayError } from '../errors.ts';
import { type WordSum, wordSum } from './word-sum.ts';

/** Positions in a file; `end` is behind the last byte. */
export interface ByteRange {
	readonly start: number;
	readonly end: number;
}

/** A file whose bytes are checked while they are copied. */
export interface CheckedFile {
	readonly path: string;
	/** 64 hexadecimal digits. */
	readonly sha256: string;
	/** The bytes that are copied, in their order; all by default. The digest is that of the whole file. */
	readonly ranges?: readonly ByteRange[];
	/** Writes the file once more. `joinFiles` calls it at most once, after it has found other bytes. */
	remake(): Promise<CheckedFile>;
}

/** Zeros, which take no space on the disk. */
export interface Hole {
	readonly holeBytes: number;
}

/** Sources with a trailer that is made of their sum (word-sum.ts), which is known when they are copied. */
export interface Summed {
	/** Without holes and others with a trailer. */
	readonly summed: readonly JoinSource[];
	/** Returns as many bytes for each sum. */
	trailer(sum: string): Promise<Uint8Array>;
}

/** A path stands for a file that is not checked. */
export type JoinSource = string | CheckedFile | Uint8Array | Hole | Summed;

const wholeFile: readonly ByteRange[] = [{ start: 0, end: Number.POSITIVE_INFINITY }];

/** Returns how many bytes of the source are copied. */
export async function copiedBytes(source: JoinSource): Promise<number> {
	if (source instanceof Uint8Array) return source.length;
	if (typeof source === 'string') return (await stat(source)).size;
	if ('holeBytes' in source) return source.holeBytes;
	if ('summed' in source) {
		const sizes = await Promise.all(source.summed.map(copiedBytes));
		return sizes.reduce((sum, size) => sum + size, (await source.trailer(wordSum().digest())).length);
	}
	if (source.ranges === undefined) return (await stat(source.path)).size;
	return source.ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Larger ones copy no faster, and a pipeline's many would be most of the memory of a build from kept segments. */
const bufferBytes = 1024 * 1024;

/** Writes the new file `target`; throws when it exists. Holds no more than two buffers of 1 MiB. */
export async function joinFiles(sources: readonly JoinSource[], target: string): Promise<void> {
	const buffers = [Buffer.allocUnsafe(bufferBytes), Buffer.allocUnsafe(bufferBytes)] as const;
	const output = await open(target, 'wx');
	try {
		let position = 0;
		for (const source of sources) position = await join(source, { output, buffers, sum: null }, position);
		await output.truncate(position);
	} finally {
		await output.close();
	}
}

interface Join {
	readonly output: FileHandle;
	readonly buffers: readonly [Buffer, Buffer];
	/** Gets all bytes that are copied. */
	readonly sum: WordSum | null;
}

/** Returns the position behind the copied bytes. */
async function join(source: JoinSource, to: Join, start: number): Promise<number> {
	if (typeof source === 'string') return await copy({ path: source }, to, start, null);
	if (source instanceof Uint8Array) {
		to.sum?.add(source);
		await writeAll(to.output, [source], start);
		return start + source.length;
	}
	if ('holeBytes' in source) return start + source.holeBytes;
	if (!('summed' in source)) return await copyChecked(source, to, start);
	const sum = wordSum();
	let position = start;
	for (const each of source.summed) position = await join(each, { ...to, sum }, position);
	return await join(await source.trailer(sum.digest()), to, position);
}

async function copyChecked(source: CheckedFile, to: Join, start: number): Promise<number> {
	const forget = to.sum?.mark();
	const end = await copyIfIntact(source, to, start).catch((error: NodeJS.ErrnoException) => {
		// A file that can't be read is damaged as well. Without a system call it is an error of the program.
		if (error.syscall === undefined || error.syscall === 'write') throw error;
		return null;
	});
	if (end !== null) return end;
	const remade = await source.remake();
	await to.output.truncate(start);
	forget?.();
	const secondEnd = await copyIfIntact(remade, to, start);
	if (secondEnd !== null) return secondEnd;
	const message = `${source.path} does not have the bytes that were written to it a moment ago. Check the disk.`;
	throw new SlipwayError('DIGEST_MISMATCH', message);
}

/** Returns the position behind the copied bytes; null when they have another digest. */
async function copyIfIntact(source: CheckedFile, to: Join, start: number): Promise<number | null> {
	const hash = createHash('sha256');
	const end = await copy(source, to, start, hash);
	return hash.digest('hex') === source.sha256 ? end : null;
}

/** Hashes a buffer while another thread writes it and fills the next one. Returns the position behind the bytes. */
async function copy(
	{ path, ranges = wholeFile }: Pick<CheckedFile, 'path' | 'ranges'>,
	{ output, buffers: [first, second], sum }: Join,
	start: number,
	hash: Hash | null,
): Promise<number> {
	const input = await open(path, 'r');
	let position = start;
	let readBytes = 0;
	let rangeAt = 0;
	try {
		let current = first;
		let bytesRead = (await input.read(current, 0, bufferBytes, null)).bytesRead;
		while (bytesRead > 0) {
			const bytes = current.subarray(0, bytesRead);
			const next = current === first ? second : first;
			const copied: Buffer[] = [];
			for (; rangeAt < ranges.length; rangeAt++) {
				const { start: from, end: to } = ranges[rangeAt] ?? { start: 0, end: 0 };
				copied.push(bytes.subarray(Math.max(0, from - readBytes), Math.max(0, to - readBytes)));
				if (to > readBytes + bytesRead) break;
			}
			const written = writeAll(output, copied, position);
			const reading = input.read(next, 0, bufferBytes, null);
			hash?.update(bytes);
			if (sum !== null) for (const piece of copied) sum.add(piece);
			const [, ahead] = await allEnded(written, reading);
			position += copied.reduce((total, { length }) => total + length, 0);
			readBytes += bytesRead;
			bytesRead = ahead.bytesRead;
			current = next;
		}
		return position;
	} finally {
		await input.close();
	}
}

/** Waits for both also when one fails: no buffer and no file may be in use afterwards. */
async function allEnded<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
	await Promise.allSettled([a, b]);
	return await Promise.all([a, b]);
}

/** write(2) may take less than it is given. */
async function writeAll(output: FileHandle, pieces: readonly Uint8Array[], start: number): Promise<void> {
	let position = start;
	for (const bytes of pieces) {
		for (let written = 0; written < bytes.length; ) {
			const left = bytes.length - written;
			written += (await output.write(bytes, written, left, position + written)).bytesWritten;
		}
		position += bytes.length;
	}
}
