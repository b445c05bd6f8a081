// What an ELF file asks its dynamic loader for: interpreter, libraries and search paths (elf(5), ld.so(8)). Reads files of 64
// bits, little-endian, that nobody has checked: whatever is out of bounds counts as absent.

import { DT } from './dynamic-program.ts';

export interface Linking {
	/** PT_INTERP, an absolute path; null for libraries and static programs. */
	readonly interpreter: string | null;
	/** The names of DT_NEEDED. */
	readonly needed: readonly string[];
	/** The directories of DT_RPATH and DT_RUNPATH as written: `$ORIGIN` is the file's own. */
	readonly searched: readonly string[];
}

/** Ranges of a file. */
export interface FileRanges {
	/** Returns exactly these bytes; null when they were not kept or are not there. */
	at(offset: number, length: number): Buffer | null;
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const headerBytes = 64;
const segmentBytes = 56;
const maxSegments = 128;
const maxNameBytes = 4096;
const maxDynamicBytes = 64 * 1024;
const maxStringBytes = 64 * 1024 * 1024;

export interface SegmentHeader {
	readonly type: number;
	readonly offset: number;
	readonly address: number;
	readonly sizeBytes: number;
}

/** Returns null for a file that is no program or library of the kind that is read. */
export function readSegments(file: FileRanges): readonly SegmentHeader[] | null {
	const header = file.at(0, headerBytes);
	if (header === null || header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
		return null;
	const type = header.readUInt16LE(16);
	// ET_EXEC and ET_DYN; kernel modules are neither.
	if (type !== 2 && type !== 3) return null;
	const count = header.readUInt16LE(56);
	if (header.readUInt16LE(54) !== segmentBytes || count > maxSegments) return null;
	const table = file.at(word(header, 32), count * segmentBytes);
	if (table === null) return null;
	return Array.from({ length: count }, (_, index) => {
		const at = index * segmentBytes;
		return {
			type: table.readUInt32LE(at),
			offset: word(table, at + 8),
			address: word(table, at + 16),
			sizeBytes: word(table, at + 32),
		};
	});
}

/** Returns the range of the dynamic section, null without one. */
export function dynamicRange(segments: readonly SegmentHeader[]): SegmentHeader | null {
	const found = segments.find(({ type }) => type === PT_DYNAMIC);
	return found === undefined || found.sizeBytes > maxDynamicBytes ? null : found;
}

/** Returns null when a table that the file names was not kept or is not there. */
export function readLinking(file: FileRanges, segments: readonly SegmentHeader[]): Linking | null {
	const named = segments.find(({ type }) => type === PT_INTERP);
	const interpreter =
		named === undefined ? null : textAt(file, named.offset, Math.min(named.sizeBytes, maxNameBytes));
	if (named !== undefined && interpreter === null) return null;
	if (!segments.some(({ type }) => type === PT_DYNAMIC)) return { interpreter, needed: [], searched: [] };
	const dynamic = dynamicRange(segments);
	const table = dynamic === null ? null : file.at(dynamic.offset, dynamic.sizeBytes);
	if (table === null) return null;
	const entries: { readonly tag: number; readonly value: number }[] = [];
	for (let at = 0; at + 16 <= table.length; at += 16) {
		const tag = word(table, at);
		if (tag === DT.NULL) break;
		entries.push({ tag, value: word(table, at + 8) });
	}
	const valuesOf = (...tags: readonly number[]): number[] =>
		entries.filter(({ tag }) => tags.includes(tag)).map(({ value }) => value);
	const [address = -1] = valuesOf(DT.STRTAB);
	const [sizeBytes = 0] = valuesOf(DT.STRSZ);
	const texts = [...valuesOf(DT.NEEDED), ...valuesOf(DT.RPATH, DT.RUNPATH)];
	if (texts.length === 0) return { interpreter, needed: [], searched: [] };
	const load = segments.find(
		(each) => each.type === PT_LOAD && address >= each.address && address < each.address + each.sizeBytes,
	);
	if (load === undefined || sizeBytes > maxStringBytes) return null;
	const strings = file.at(address - load.address + load.offset, sizeBytes);
	if (strings === null || texts.some((offset) => offset >= strings.length)) return null;
	const text = (offset: number): string => untilNul(strings.subarray(offset, offset + maxNameBytes));
	return {
		interpreter,
		needed: valuesOf(DT.NEEDED).map(text),
		searched: valuesOf(DT.RPATH, DT.RUNPATH).flatMap((offset) =>
			text(offset)
				.split(':')
				.filter((each) => each !== ''),
		),
	};
}

function textAt(file: FileRanges, offset: number, length: number): string | null {
	const bytes = file.at(offset, length);
	return bytes === null ? null : untilNul(bytes);
}

function untilNul(bytes: Buffer): string {
	const end = bytes.indexOf(0);
	return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** A number that is too large for a file becomes one that no file has. */
function word(bytes: Buffer, at: number): number {
	return Number(bytes.readBigUInt64LE(at));
}
