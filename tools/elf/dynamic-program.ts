// An ELF program as its dynamic loader sees it: the segments and the dynamic section. Only what is linked dynamically,
// of 64 bits and little-endian. The tags are the kernel's (elf(5)).

import { header, PT_LOAD, segment } from './elf64.ts';

export const DT = {
	NULL: 0,
	NEEDED: 1,
	PLTRELSZ: 2,
	HASH: 4,
	STRTAB: 5,
	SYMTAB: 6,
	RELA: 7,
	RELASZ: 8,
	STRSZ: 10,
	SONAME: 14,
	RPATH: 15,
	JMPREL: 23,
	RUNPATH: 29,
	GNU_HASH: 0x6ffffef5,
	VERSYM: 0x6ffffff0,
	VERDEF: 0x6ffffffc,
	VERNEED: 0x6ffffffe,
	VERNEEDNUM: 0x6fffffff,
} as const;

const PT_DYNAMIC = 2;
const entryBytes = 16;

/** The program is of a kind that is not supported; the message names it. */
export class UnknownElf extends Error {
	override readonly name = 'UnknownElf';
}

export interface DynamicProgram {
	/** Written to in place. */
	readonly bytes: Buffer;
	/** Returns the offsets, in the file, of the values of all entries with this tag. */
	entries(tag: number): readonly number[];
	/** Returns null when there is no such entry. */
	value(tag: number): number | null;
	setValue(tag: number, value: number): void;
	/** Returns the offset, in the file, of the table with this tag. Throws `UnknownElf` when there is none. */
	table(tag: number): number;
	addressOf(offset: number): number;
}

export function readDynamicProgram(bytes: Buffer): DynamicProgram {
	if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) {
		throw new UnknownElf('it is no ELF program of 64 bits, little-endian');
	}
	const segments = Array.from(
		{ length: bytes.readUInt16LE(header.phnum) },
		(_, index) => readWord(bytes, header.phoff) + index * bytes.readUInt16LE(header.phentsize),
	);
	const ofType = (type: number): number[] => segments.filter((at) => bytes.readUInt32LE(at) === type);
	const loads = ofType(PT_LOAD).map((at) => ({
		offset: readWord(bytes, at + segment.offset),
		address: readWord(bytes, at + segment.vaddr),
		length: readWord(bytes, at + segment.filesz),
	}));
	const [dynamic] = ofType(PT_DYNAMIC);
	if (dynamic === undefined) throw new UnknownElf('it is linked statically');
	const start = readWord(bytes, dynamic + segment.offset);
	const places = new Map<number, number[]>();
	for (let at = start; readWord(bytes, at) !== DT.NULL; at += entryBytes) {
		const tag = readWord(bytes, at);
		places.set(tag, [...(places.get(tag) ?? []), at + 8]);
	}
	const program: DynamicProgram = {
		bytes,
		entries: (tag) => places.get(tag) ?? [],
		value(tag) {
			const [at] = program.entries(tag);
			return at === undefined ? null : readWord(bytes, at);
		},
		setValue(tag, value) {
			for (const at of program.entries(tag)) bytes.writeBigUInt64LE(BigInt(value), at);
		},
		table(tag) {
			const address = program.value(tag);
			const load = loads.find(
				(each) => address !== null && address >= each.address && address < each.address + each.length,
			);
			if (address === null || load === undefined) throw new UnknownElf(`it has no table ${tag.toString(16)}`);
			return address - load.address + load.offset;
		},
		addressOf(offset) {
			const load = loads.find((each) => offset >= each.offset && offset < each.offset + each.length);
			if (load === undefined) throw new UnknownElf(`nothing of it is loaded from ${offset}`);
			return offset - load.offset + load.address;
		},
	};
	return program;
}

function readWord(bytes: Buffer, at: number): number {
	return Number(bytes.readBigUInt64LE(at));
}
