// Moves the pages of a program that its start touches side by side to the end of its file, and leaves zeros where they were. A
// file system that decompresses blocks of 64 KB then reads a third of them. The program begins with code of ours
// (start-stub.ts), which moves the pages' mappings to their addresses; every address stays. See elf(5).
//
// The dynamic loader, which runs before, reads headers, its tables and what is written to; these stand before the code or in
// writable segments, and stay where they are. Which pages are moved makes a program faster or slower; it must only run no code of its
// own before its entry (IFUNC, DT_PREINIT_ARRAY).

import { createHash } from 'node:crypto';
import { UnknownElf } from './dynamic-program.ts';
import { header, PT_LOAD, readSegments, type Segment, segment } from './elf64.ts';
import { startStub } from './start-stub.ts';

/** Whole pages of memory: the address of the first one, and their number. */
export interface PageRun {
	readonly address: number;
	readonly pages: number;
}

export const pageBytes = 4096;

/** Names of <elf.h>. */
const ET_EXEC = 2;
const EM_X86_64 = 62;
const PT_GNU_PROPERTY = 0x6474e553;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;
/** Where the addresses of programs end on amd64. */
const addressEnd = 2 ** 47;
const recordBytes = 16;

interface Range {
	readonly address: number;
	readonly offset: number;
	readonly bytes: number;
	readonly isCode: boolean;
}

/** The code of a program with fixed addresses, which tells one version of it from another. */
export interface ProgramCode {
	readonly address: number;
	readonly offset: number;
	readonly sizeBytes: number;
}

/**
 * Reads only the headers.
 *
 * @param start - at least the first page
 * @returns null for what can't be packed: it is no program of amd64 with fixed addresses and a segment for its code alone
 */
export function findCode(start: Buffer): ProgramCode | null {
	if (start.length < pageBytes || start.readUInt32BE(0) !== 0x7f454c46 || start[4] !== 2 || start[5] !== 1)
		return null;
	if (start.readUInt16LE(header.type) !== ET_EXEC || start.readUInt16LE(header.machine) !== EM_X86_64)
		return null;
	const code = readSegments(start).find(isCode);
	// A segment of code that begins with the headers holds the dynamic loader's tables, too.
	if (code === undefined || code.offset === 0) return null;
	return { address: code.address, offset: code.offset, sizeBytes: code.fileBytes };
}

export function codeDigest(program: Buffer, { offset, sizeBytes }: ProgramCode): string {
	return createHash('sha256')
		.update(program.subarray(offset, offset + sizeBytes))
		.digest('hex');
}

/**
 * Packs these pages: changes `program` and returns what follows it in the file. Pages that it does not have, or that stand before
 * its code or are written to, stay where they are. Throws `UnknownElf` for a program that can't be packed.
 */
export function packPages(program: Buffer, hot: readonly PageRun[]): readonly Buffer[] {
	const code = findCode(program);
	if (code === null)
		throw new UnknownElf(
			'it is no program for this processor with fixed addresses and a segment for its code alone',
		);
	const segments = readSegments(program);
	if (!segments.every((each) => each.type !== PT_LOAD || isWithin(each, program.length)))
		throw new UnknownElf('its segments are not in it');
	if (!areApart(segments.filter(({ type }) => type === PT_LOAD)))
		throw new UnknownElf(
			'its segments have bytes or addresses in common, or their pages are none of the file',
		);
	const stub = stubPlace(program, segments, code);
	const ranges = hot
		.flatMap((run) => rangesOf(run, segments, code))
		.toSorted((a, b) => Number(b.isCode) - Number(a.isCode) || a.address - b.address);
	const records = Buffer.alloc(wholePages((ranges.length + 1) * recordBytes));
	for (const [index, { address, bytes }] of ranges.entries()) {
		records.writeBigUInt64LE(BigInt(address), index * recordBytes);
		records.writeBigUInt64LE(BigInt(bytes), index * recordBytes + 8);
	}
	const sizeOf = (some: readonly Range[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
	const place = addSegment(program, segments, records.length + sizeOf(ranges));
	addStub(program, stub, {
		records: place.address,
		pages: place.address + records.length,
		codeBytes: sizeOf(ranges.filter((range) => range.isCode)),
	});
	const pages = ranges.map(({ offset, bytes }) => Buffer.from(program.subarray(offset, offset + bytes)));
	for (const { offset, bytes } of ranges) program.fill(0, offset, offset + bytes);
	return [Buffer.alloc(place.offset - program.length), records, ...pages];
}

const isWithin = ({ offset, address, fileBytes, memoryBytes }: Segment, sizeBytes: number): boolean =>
	offset + fileBytes <= sizeBytes && address + memoryBytes <= addressEnd;

/** Reports whether the kernel can map each segment by itself: elf(5) wants them in the order of their addresses. */
function areApart(loads: readonly Segment[]): boolean {
	const byOffset = loads.toSorted((a, b) => a.offset - b.offset);
	return (
		loads.every(({ offset, address }) => offset % pageBytes === address % pageBytes) &&
		loads.every(({ address }, at) => address >= endOf(loads[at - 1], 'address', 'memoryBytes')) &&
		byOffset.every(({ offset }, at) => offset >= endOf(byOffset[at - 1], 'offset', 'fileBytes'))
	);
}

function endOf(
	one: Segment | undefined,
	start: 'address' | 'offset',
	size: 'memoryBytes' | 'fileBytes',
): number {
	return one === undefined ? 0 : one[start] + one[size];
}

const isCode = ({ type, flags }: Segment): boolean => type === PT_LOAD && (flags & PF_X) !== 0;

/** Returns the parts of a run that may move, each within one segment. */
function rangesOf({ address, pages }: PageRun, segments: readonly Segment[], code: ProgramCode): Range[] {
	const end = address + pages * pageBytes;
	return segments
		.filter((each) => each.type === PT_LOAD && each.address >= code.address && (each.flags & PF_W) === 0)
		.flatMap((each): readonly Range[] => {
			const start = Math.max(address, wholePages(each.address));
			const stop = each.address + each.fileBytes;
			const bytes = Math.min(end, stop - (stop % pageBytes)) - start;
			const offset = each.offset + start - each.address;
			return bytes <= 0 ? [] : [{ address: start, offset, bytes, isCode: (each.flags & PF_X) !== 0 }];
		});
}

interface Place {
	readonly offset: number;
	readonly address: number;
}

/**
 * Makes room for the pages behind the file: in the last segment when that can grow, or else in one of its own, whose header takes
 * the place of PT_GNU_PROPERTY. That repeats a note that stays.
 */
function addSegment(program: Buffer, segments: readonly Segment[], sizeBytes: number): Place {
	const loads = segments.filter(({ type }) => type === PT_LOAD).toSorted((a, b) => a.address - b.address);
	const last = loads.at(-1);
	if (last === undefined) throw new UnknownElf('it has no segments');
	const fileEnd = Math.max(program.length, ...loads.map((each) => each.offset + each.fileBytes));
	const offset = wholePages(fileEnd);
	const canGrow =
		last.flags === PF_R &&
		last.memoryBytes === last.fileBytes &&
		last.offset % pageBytes === 0 &&
		loads.every((each) => each.offset <= last.offset);
	if (canGrow) {
		const grown = offset - last.offset + sizeBytes;
		writeFields(program, last.at, { filesz: grown, memsz: grown });
		return { offset, address: last.address + offset - last.offset };
	}
	const spare = segments.find(({ type }) => type === PT_GNU_PROPERTY);
	if (spare === undefined || spare.at < last.at)
		throw new UnknownElf('its table of segments has no room for another one');
	const address = wholePages(last.address + last.memoryBytes);
	program.writeUInt32LE(PT_LOAD, spare.at + segment.type);
	program.writeUInt32LE(PF_R, spare.at + segment.flags);
	const sizes = { filesz: sizeBytes, memsz: sizeBytes };
	writeFields(program, spare.at, { offset, vaddr: address, paddr: address, ...sizes, align: pageBytes });
	return { offset, address };
}

interface StubPlace {
	/** The segment of the code. */
	readonly segment: Segment;
	/** In the file. */
	readonly offset: number;
	/** The program's own entry. */
	readonly entry: number;
}

/** Finds room for the stub behind the code, in the rest of its last page, which no segment uses. */
function stubPlace(program: Buffer, segments: readonly Segment[], code: ProgramCode): StubPlace {
	const entry = Number(program.readBigUInt64LE(header.entry));
	const own = segments.find(isCode);
	const offset = Math.ceil((code.offset + code.sizeBytes) / 16) * 16;
	const end = offset + startStub({ records: 0, pages: 0, codeBytes: 0, entry: 0 }).length;
	const used = segments.some((each) => each.offset < end && each.offset + each.fileBytes > offset);
	if (own === undefined || used || end > wholePages(code.offset + code.sizeBytes) || end > program.length)
		throw new UnknownElf('its last page of code has no room');
	if (entry < code.address || entry >= code.address + code.sizeBytes)
		throw new UnknownElf('its entry is not in its code');
	return { segment: own, offset, entry };
}

function addStub(
	program: Buffer,
	{ segment: own, offset, entry }: StubPlace,
	places: Omit<Parameters<typeof startStub>[0], 'entry'>,
): void {
	const stub = startStub({ ...places, entry });
	stub.copy(program, offset);
	const grown = offset + stub.length - own.offset;
	writeFields(program, own.at, { filesz: grown, memsz: grown });
	program.writeBigUInt64LE(BigInt(own.address + offset - own.offset), header.entry);
}

function writeFields(
	program: Buffer,
	at: number,
	fields: Partial<Record<Exclude<keyof typeof segment, 'type' | 'flags'>, number>>,
): void {
	for (const [name, value] of Object.entries(fields))
		program.writeBigUInt64LE(BigInt(value), at + segment[name as keyof typeof segment]);
}

function wholePages(bytes: number): number {
	return Math.ceil(bytes / pageBytes) * pageBytes;
}
