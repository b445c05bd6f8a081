// Names and places of <elf.h> for ELF64, little-endian (elf(5)).

export const PT_LOAD = 1;

/** Places in the header of the file. */
export const header = { type: 16, machine: 18, entry: 24, phoff: 32, phentsize: 54, phnum: 56 } as const;

/** Places in the header of a segment. */
export const segment = {
	type: 0,
	flags: 4,
	offset: 8,
	vaddr: 16,
	paddr: 24,
	filesz: 32,
	memsz: 40,
	align: 48,
} as const;

/** The size of the header of a segment. */
const segmentBytes = 56;

/** Programs have a dozen. */
const mostSegments = 64;

export interface Segment {
	/** The place of its header in the file. */
	readonly at: number;
	readonly type: number;
	readonly flags: number;
	readonly offset: number;
	readonly address: number;
	readonly fileBytes: number;
	readonly memoryBytes: number;
}

/** Returns the segments of a program; none of a file that ends within their table, or has another form. */
export function readSegments(program: Buffer): readonly Segment[] {
	const table = Number(program.readBigUInt64LE(header.phoff));
	const entryBytes = program.readUInt16LE(header.phentsize);
	const count = program.readUInt16LE(header.phnum);
	if (entryBytes !== segmentBytes || count > mostSegments || table + count * entryBytes > program.length)
		return [];
	return Array.from({ length: count }, (_, index) => {
		const at = table + index * entryBytes;
		const word = (field: number): number => Number(program.readBigUInt64LE(at + field));
		return {
			at,
			type: program.readUInt32LE(at + segment.type),
			flags: program.readUInt32LE(at + segment.flags),
			offset: word(segment.offset),
			address: word(segment.vaddr),
			fileBytes: word(segment.filesz),
			memoryBytes: word(segment.memsz),
		};
	});
}
