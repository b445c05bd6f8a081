// Reads sparse files as GNU tar writes them: its own format (`S`), and PAX records of the versions 0.0, 0.1 and 1.0 (its
// manual, "Storing Sparse Files"). The archive has the parts with bytes and a map of them; the rest of the file is zeros.

import type { ByteSource } from './byte-source.ts';
import { SlipwayError } from './slipway-error.ts';
import { blockBytes, numberAt } from './tar-header.ts';

/** A part of the file that the archive has. */
interface Part {
	readonly offset: number;
	readonly sizeBytes: number;
}

export interface SparseMap {
	/** Is null when the member's header has the name. */
	readonly name: string | null;
	/** The size of the file with its holes. */
	readonly sizeBytes: number;
	readonly parts: readonly Part[];
	/** The size of the map itself, if it is part of the member's contents. */
	readonly mapBytes: number;
}

/** A larger map is an attack. Each part takes about 40 bytes of memory, and at least 4 bytes of a map. */
const maxMapBytes = 2 * 1024 * 1024;
const maxParts = 100_000;
/** In the place of POSIX's `ustar\0` and version. */
const gnuMagic = 'ustar  ';

/** Reads GNU's own format: four parts in the header, 21 in each block that follows. The member's size excludes the blocks. */
export async function readOldSparseMap(
	block: Buffer,
	source: ByteSource,
	what: string,
): Promise<Omit<SparseMap, 'name'>> {
	// GNU tar itself takes the type for a plain file's without its magic. Readers would see two contents.
	if (block.toString('latin1', 257, 264) !== gnuMagic)
		throw bad(what, "is sparse in GNU's format, but not of GNU's magic");
	const parts = [...partsAt(block, 386, 4, what)];
	let isContinued = block[482] === 1;
	while (isContinued) {
		const more = await source.exactly(blockBytes);
		if (more === null || parts.length * 24 > maxMapBytes) throw bad(what, 'has a damaged sparse map');
		parts.push(...partsAt(more, 0, 21, what));
		isContinued = more[504] === 1;
	}
	return { sizeBytes: numberAt(block, 483, 12, what), parts, mapBytes: 0 };
}

function* partsAt(block: Buffer, start: number, count: number, what: string): Generator<Part, void> {
	for (let at = start; at < start + count * 24; at += 24) {
		if (block[at] === 0) return;
		yield { offset: numberAt(block, at, 12, what), sizeBytes: numberAt(block, at + 12, 12, what) };
	}
}

/** @param records - the records of `GNU.sparse.` without that prefix, in their order */
export async function readPaxSparseMap(
	records: readonly (readonly [key: string, value: string])[],
	source: ByteSource,
	what: string,
): Promise<SparseMap> {
	const last = new Map(records);
	const size = decimal(last.get('realsize') ?? last.get('size'), what);
	const name = last.get('name') ?? null;
	if (last.get('major') === '1') return { name, sizeBytes: size, ...(await mapBeforeContents(source, what)) };
	if (last.has('major')) throw bad(what, `is sparse in a format ${last.get('major')} that is not known`);
	const numbers =
		last.get('map')?.split(',') ??
		records.flatMap(([key, value]) => (key === 'offset' || key === 'numbytes' ? [value] : []));
	return { name, sizeBytes: size, parts: pairs(numbers, what), mapBytes: 0 };
}

/** Reads version 1.0: decimal numbers in lines, first the count of parts, padded to a block. */
async function mapBeforeContents(
	source: ByteSource,
	what: string,
): Promise<Pick<SparseMap, 'parts' | 'mapBytes'>> {
	const blocks: string[] = [];
	let lines = 0;
	let wanted: number | null = null;
	for (;;) {
		const block = await source.exactly(blockBytes);
		if (block === null || blocks.length * blockBytes > maxMapBytes)
			throw bad(what, 'has a damaged sparse map');
		const text = block.toString('latin1');
		blocks.push(text);
		lines += text.split('\n').length - 1;
		if (lines === 0) continue;
		wanted ??= 1 + 2 * decimal(blocks.join('').split('\n', 1)[0], what);
		if (lines < wanted) continue;
		const numbers = blocks.join('').split('\n', wanted).slice(1);
		return { parts: pairs(numbers, what), mapBytes: blocks.length * blockBytes };
	}
}

function pairs(numbers: readonly string[], what: string): Part[] {
	if (numbers.length % 2 !== 0) throw bad(what, 'has a damaged sparse map');
	if (numbers.length / 2 > maxParts) throw bad(what, `has a sparse map of more than ${maxParts} parts`);
	return Array.from({ length: numbers.length / 2 }, (_, index) => ({
		offset: decimal(numbers[2 * index], what),
		sizeBytes: decimal(numbers[2 * index + 1], what),
	}));
}

function decimal(text: string | undefined, what: string): number {
	const value = Number(text);
	if (text === undefined || !/^\d+$/.test(text) || !Number.isSafeInteger(value))
		throw bad(what, 'has a damaged sparse map');
	return value;
}

/** Throws when parts overlap, exceed the file, or do not have the size of the stored bytes. */
export function checkSparseMap(map: SparseMap, storedBytes: number, what: string): void {
	let end = 0;
	let stored = 0;
	for (const { offset, sizeBytes } of map.parts) {
		if (offset < end) throw bad(what, 'has a sparse map that goes back');
		end = offset + sizeBytes;
		stored += sizeBytes;
	}
	if (end > map.sizeBytes) throw bad(what, 'has a sparse map that is larger than the file');
	if (stored !== storedBytes) throw bad(what, 'has another size than its sparse map');
}

const zeros: Uint8Array = Buffer.alloc(256 * 1024);

/** Yields the whole file, with the stored bytes from `take` and zeros between them. */
export async function* fillHoles(
	map: SparseMap,
	take: (upTo: number) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
	let at = 0;
	for (const { offset, sizeBytes } of [...map.parts, { offset: map.sizeBytes, sizeBytes: 0 }]) {
		for (; at < offset; at += Math.min(zeros.length, offset - at))
			yield zeros.subarray(0, Math.min(zeros.length, offset - at));
		const end = offset + sizeBytes;
		while (at < end) {
			const chunk = await take(end - at);
			at += chunk.length;
			yield chunk;
		}
	}
}

function bad(what: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${what} ${why}.`);
}
