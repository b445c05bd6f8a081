// Takes names out of the table by which an ELF program offers its functions to libraries. Debian's Go programs offer
// every function that they have, in case a plugin of Go's wants it: a sixth of the program. See elf(5).
//
// `cutExports()` makes the program smaller: its four tables (hash, symbols, their versions, their names) stand one after another,
// and so they do afterwards. `clearExports()` leaves each table where it is, also when patchelf has moved one, with zeros behind it.

import { cutElf, type FileRange } from './cut-elf.ts';
import { DT, type DynamicProgram, readDynamicProgram, UnknownElf } from './dynamic-program.ts';
import { gnuHash, hashTable, readHashTable } from './gnu-hash.ts';

/** The place of the type of the program in its header. */
const typeAt = 16;
const ET_EXEC = 2;
const symbolBytes = 24;
const versionBytes = 2;
const relocationBytes = 24;
/** Within a relocation: the symbol's number. */
const relocationSymbol = 12;
/** Between two tables there is no more than what aligns the second. */
const mostPaddingBytes = 16;

/**
 * The program without these names; one that its own relocations name stays. Throws `UnknownElf` for a program that is
 * made in another way.
 *
 * @param isCut - of a name that the program offers, `runtime.mallocgc`
 */
export function cutExports(original: Buffer, isCut: (name: string) => boolean): Buffer {
	const program = readDynamicProgram(Buffer.from(original));
	const old = readTables(program, original);
	const whole = joined(old);
	const tables = renumbered(program, old, isCut);
	if (tables === null) return original;
	program.bytes.fill(0, whole.start, whole.end);
	let end = whole.start;
	for (const { tag, bytes } of tables) {
		const start = Math.ceil(end / 8) * 8;
		end = start + bytes.length;
		if (end > whole.end) throw new UnknownElf('its tables leave no room');
		bytes.copy(program.bytes, start);
		program.setValue(tag, program.addressOf(start));
	}
	return cutElf(program.bytes, { start: end, end: whole.end });
}

/** Does the same, but the size stays, and so does each table's place: zeros stand where the names were. */
export function clearExports(original: Buffer, isCut: (name: string) => boolean): Buffer {
	const program = readDynamicProgram(Buffer.from(original));
	const old = readTables(program, original);
	for (const { tag, bytes } of renumbered(program, old, isCut) ?? []) {
		const { start, end } = old.ranges[tag];
		if (bytes.length > end - start) throw new UnknownElf('its tables leave no room');
		program.bytes.fill(0, start, end);
		bytes.copy(program.bytes, start);
	}
	return program.bytes;
}

/** Returns the names that a program or library asks of others and offers to them. */
export function dynamicNames(bytes: Buffer): readonly string[] {
	const program = readDynamicProgram(bytes);
	const tables = tablesOf(program);
	return range(1, tables.count).map((index) => nameOf(program, tables, index));
}

type TableTag = typeof DT.GNU_HASH | typeof DT.SYMTAB | typeof DT.VERSYM | typeof DT.STRTAB;

interface NewTable {
	readonly tag: TableTag;
	readonly bytes: Buffer;
}

/** Makes the tables without these names, and changes what refers to them by number. Returns null when nothing of them goes. */
function renumbered(
	program: DynamicProgram,
	old: Tables,
	isCut: (name: string) => boolean,
): readonly NewTable[] | null {
	const relocations = relocationsOf(program);
	const named = new Set(relocations.map((at) => program.bytes.readUInt32LE(at + relocationSymbol)));
	const offered = range(old.firstOffered, old.count)
		.map((index) => ({ index, name: nameOf(program, old, index) }))
		.filter(({ index, name }) => named.has(index) || !isCut(name));
	if (offered.length === old.count - old.firstOffered) return null;
	const hash = hashTable(
		offered.map(({ name }) => gnuHash(name)),
		old.firstOffered,
	);
	const kept = [...range(0, old.firstOffered), ...hash.order.map((each) => offered[each]?.index ?? 0)];

	const names = new NameTable();
	const symbols = kept.map((index) => {
		const symbol = copyOf(program.bytes, old.symbols + index * symbolBytes, symbolBytes);
		symbol.writeUInt32LE(names.add(nameOf(program, old, index)), 0);
		return symbol;
	});
	const versions = kept.map((index) =>
		copyOf(program.bytes, old.versions + index * versionBytes, versionBytes),
	);
	for (const at of otherNames(program)) {
		program.bytes.writeUInt32LE(
			names.add(textAt(program.bytes, old.names + program.bytes.readUInt32LE(at))),
			at,
		);
	}
	const newIndex = new Map(kept.map((index, at) => [index, at]));
	for (const at of relocations) {
		const symbol = newIndex.get(program.bytes.readUInt32LE(at + relocationSymbol)) ?? 0;
		program.bytes.writeUInt32LE(symbol, at + relocationSymbol);
	}
	program.setValue(DT.STRSZ, names.bytes().length);
	return [
		{ tag: DT.GNU_HASH, bytes: hash.bytes },
		{ tag: DT.SYMTAB, bytes: Buffer.concat(symbols) },
		{ tag: DT.VERSYM, bytes: Buffer.concat(versions) },
		{ tag: DT.STRTAB, bytes: names.bytes() },
	];
}

interface Tables {
	/** In the file, as all of these. */
	readonly symbols: number;
	readonly versions: number;
	readonly names: number;
	/** The number of symbols. Those before `firstOffered` are what the program asks of libraries. */
	readonly count: number;
	readonly firstOffered: number;
	readonly ranges: Readonly<Record<TableTag, FileRange>>;
}

function readTables(program: DynamicProgram, original: Buffer): Tables {
	if (original.readUInt16LE(typeAt) !== ET_EXEC) throw new UnknownElf('its addresses are not fixed');
	if (program.value(DT.HASH) !== null || program.value(DT.VERDEF) !== null) {
		throw new UnknownElf('it has an old hash table, or its functions have versions');
	}
	return tablesOf(program);
}

function tablesOf(program: DynamicProgram): Tables {
	const hash = program.table(DT.GNU_HASH);
	const { count, firstHashed, lengthBytes } = readHashTable(program.bytes, hash);
	const symbols = program.table(DT.SYMTAB);
	const versions = program.table(DT.VERSYM);
	const names = program.table(DT.STRTAB);
	const ranges = {
		[DT.GNU_HASH]: { start: hash, end: hash + lengthBytes },
		[DT.SYMTAB]: { start: symbols, end: symbols + count * symbolBytes },
		[DT.STRTAB]: { start: names, end: names + (program.value(DT.STRSZ) ?? 0) },
		[DT.VERSYM]: { start: versions, end: versions + count * versionBytes },
	};
	return { symbols, versions, names, count, firstOffered: firstHashed, ranges };
}

/** Returns the range of all tables together. */
function joined({ ranges }: Tables): FileRange {
	const parts = Object.values(ranges).sort((a, b) => a.start - b.start);
	return parts.reduce((before, each) => {
		const gap = each.start - before.end;
		if (gap < 0 || gap > mostPaddingBytes) throw new UnknownElf('its tables do not stand side by side');
		return { start: before.start, end: each.end };
	});
}

/** Returns the offset of each relocation in the file. */
function relocationsOf(program: DynamicProgram): number[] {
	return [[DT.RELA, DT.RELASZ] as const, [DT.JMPREL, DT.PLTRELSZ] as const].flatMap(([table, size]) => {
		if (program.value(table) === null) return [];
		const start = program.table(table);
		return range(0, (program.value(size) ?? 0) / relocationBytes).map(
			(index) => start + index * relocationBytes,
		);
	});
}

/** Returns the places, in the table of names, of the names of libraries and of their versions. */
function otherNames(program: DynamicProgram): number[] {
	const libraries = [DT.NEEDED, DT.SONAME, DT.RPATH, DT.RUNPATH].flatMap((tag) => program.entries(tag));
	const wanted: number[] = [];
	// Elf64_Verneed and Elf64_Vernaux.
	let need = program.value(DT.VERNEED) === null ? 0 : program.table(DT.VERNEED);
	for (let left = program.value(DT.VERNEEDNUM) ?? 0; left > 0; left -= 1) {
		wanted.push(need + 4);
		let version = need + program.bytes.readUInt32LE(need + 8);
		for (let more = program.bytes.readUInt16LE(need + 2); more > 0; more -= 1) {
			wanted.push(version + 8);
			version += program.bytes.readUInt32LE(version + 12);
		}
		need += program.bytes.readUInt32LE(need + 12);
	}
	return [...libraries, ...wanted];
}

function nameOf({ bytes }: DynamicProgram, { symbols, names }: Tables, index: number): string {
	return textAt(bytes, names + bytes.readUInt32LE(symbols + index * symbolBytes));
}

function textAt(bytes: Buffer, at: number): string {
	return bytes.toString('latin1', at, bytes.indexOf(0, at));
}

function copyOf(bytes: Buffer, at: number, length: number): Buffer {
	return Buffer.from(bytes.subarray(at, at + length));
}

function range(start: number, end: number): number[] {
	return Array.from({ length: end - start }, (_, index) => start + index);
}

/** Texts one after another, each ended by a NUL byte, the first one empty. */
class NameTable {
	readonly #places = new Map<string, number>([['', 0]]);
	#length = 1;

	/** Returns its place. */
	add(text: string): number {
		const known = this.#places.get(text);
		if (known !== undefined) return known;
		const place = this.#length;
		this.#places.set(text, place);
		this.#length += text.length + 1;
		return place;
	}

	bytes(): Buffer {
		return Buffer.from([...this.#places.keys()].map((text) => `${text}\0`).join(''), 'latin1');
	}
}
