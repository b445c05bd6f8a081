// Packs the pages that a boot touches of the programs that have a list of them (elf/pack-pages.ts). All other files stay as they are.
// For images that are decompressed block by block: of an unpacked root the zeros would be memory.

import { createHash } from 'node:crypto';
import type { Entry, FileEntry } from '../archive/entry.ts';
import { UnknownElf } from '../elf/dynamic-program.ts';
import { codeDigest, findCode, packPages, pageBytes } from '../elf/pack-pages.ts';
import { startStub } from '../elf/start-stub.ts';
import { startPageLists } from './start-page-lists.ts';
import { mayHaveList, parseRuns, type StartPages } from './start-pages.ts';

/** Larger programs are not held in memory. */
const maxProgramBytes = 256 * 1024 * 1024;

/** Is increased when `packPages()` gives other bytes for the same list. The stub tells its own changes. */
export const packVersion = 1;

/** A part of the cache keys of what is packed with the lists. */
export const startPagesVersion = createHash('sha256')
	.update(JSON.stringify([packVersion, startPageLists]))
	.update(startStub({ records: 0, pages: 0, codeBytes: 0, entry: 0 }))
	.digest('hex')
	.slice(0, 16);

export async function* packStartPages(
	entries: AsyncIterable<Entry>,
	lists: readonly StartPages[] = startPageLists,
): AsyncGenerator<Entry, void> {
	for await (const entry of entries)
		yield entry.kind === 'file' && isCandidate(entry) ? await packedWhereKnown(entry, lists) : entry;
}

function isCandidate({ sizeBytes, mode }: FileEntry): boolean {
	return sizeBytes > pageBytes && sizeBytes <= maxProgramBytes && (mode & 0o111) !== 0;
}

async function packedWhereKnown(entry: FileEntry, lists: readonly StartPages[]): Promise<FileEntry> {
	const chunks = entry.content()[Symbol.asyncIterator]();
	const start = await take(chunks, pageBytes);
	const code = findCode(start);
	if (code === null || !mayHaveList(code, lists)) {
		const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => chunks };
		return { ...entry, content: () => joined([start], rest) };
	}
	const { program, rest } = await takeWhole(start, chunks, entry.sizeBytes);
	const list = lists.find((each) => each.code === codeDigest(program, code));
	const isWhole = rest === null && program.length === entry.sizeBytes;
	const tail = list === undefined || !isWhole ? [] : packedTail(program, list);
	const sizeBytes = tail.reduce((sum, { length }) => sum + length, entry.sizeBytes);
	return { ...entry, sizeBytes, content: () => joined([program, ...tail], rest ?? undefined) };
}

interface Taken {
	readonly program: Buffer;
	/** What follows in a file that is larger than announced. */
	readonly rest: AsyncIterable<Uint8Array> | null;
}

/** Takes a file into one buffer: a program has 100 MB, and parts that are joined later would be in memory twice. */
async function takeWhole(
	start: Buffer,
	chunks: AsyncIterator<Uint8Array>,
	sizeBytes: number,
): Promise<Taken> {
	const program = Buffer.allocUnsafe(sizeBytes);
	let filled = 0;
	for (let chunk: Uint8Array = start; ; ) {
		if (filled + chunk.length > sizeBytes) {
			const after = joined([chunk], { [Symbol.asyncIterator]: () => chunks });
			return { program: program.subarray(0, filled), rest: after };
		}
		program.set(chunk, filled);
		filled += chunk.length;
		const next = await chunks.next();
		if (next.done === true) return { program: program.subarray(0, filled), rest: null };
		chunk = next.value;
	}
}

/** Changes the program. Returns nothing for one that can't be packed. */
function packedTail(program: Buffer, { pages }: StartPages): readonly Buffer[] {
	try {
		return packPages(program, parseRuns(pages));
	} catch (error) {
		if (error instanceof UnknownElf) return [];
		throw error;
	}
}

/** Returns at least so many bytes where the file has them. */
async function take(chunks: AsyncIterator<Uint8Array>, leastBytes: number): Promise<Buffer> {
	const taken: Uint8Array[] = [];
	for (let length = 0; length < leastBytes; ) {
		const next = await chunks.next();
		if (next.done === true) break;
		taken.push(next.value);
		length += next.value.length;
	}
	return Buffer.concat(taken);
}

async function* joined(
	first: readonly Uint8Array[],
	rest?: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
	yield* first;
	if (rest !== undefined) yield* rest;
}
