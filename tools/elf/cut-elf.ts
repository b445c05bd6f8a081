// Takes a part that nobody reads out of an ELF executable: the file becomes smaller, every address stays, and where
// the part was nothing is mapped. See elf(5).
//
// The segment that holds it becomes two, and the new one takes the table's place of PT_PHDR, which the kernel and the
// dynamic loader need only where a program's addresses are not fixed (ET_EXEC). The sections' table goes: nothing
// that runs a program reads it.

/** A part of a file, in bytes. */
export interface FileRange {
	readonly start: number;
	readonly end: number;
}

/** Names and places of <elf.h>, for ELF64. */
const ET_EXEC = 2;
const PT_LOAD = 1;
const PT_PHDR = 6;
const header = { type: 16, phoff: 32, shoff: 40, phentsize: 54, phnum: 56, shnum: 60, shstrndx: 62 } as const;
const segment = { type: 0, offset: 8, vaddr: 16, paddr: 24, filesz: 32, memsz: 40 } as const;

/**
 * The program without the whole pages of `range`, which must lie within one segment.
 *
 * @param pageBytes - the largest page of a kernel that runs it
 */
export function cutElf(program: Buffer, range: FileRange, pageBytes = 4096): Buffer {
	const start = Math.ceil(range.start / pageBytes) * pageBytes;
	const end = Math.floor(range.end / pageBytes) * pageBytes;
	if (end <= start) return program;
	if (program.readUInt32BE(0) !== 0x7f454c46 || program.readUInt16LE(header.type) !== ET_EXEC) {
		throw new Error('Only an ELF executable with fixed addresses can be cut.');
	}
	const table = Number(program.readBigUInt64LE(header.phoff));
	const entryBytes = program.readUInt16LE(header.phentsize);
	const count = program.readUInt16LE(header.phnum);
	const segments = Array.from({ length: count }, (_, index) =>
		Buffer.from(program.subarray(table + index * entryBytes, table + (index + 1) * entryBytes)),
	);
	const kept = segments
		.filter((each) => each.readUInt32LE(segment.type) !== PT_PHDR)
		.flatMap((each) => withoutRange(each, start, end));
	if (kept.length > count) throw new Error('The program’s table of segments has no room for another one.');

	const cut = Buffer.concat([program.subarray(0, start), program.subarray(end)]);
	cut.fill(0, table, table + count * entryBytes);
	Buffer.concat(kept).copy(cut, table);
	cut.writeUInt16LE(kept.length, header.phnum);
	cut.writeBigUInt64LE(0n, header.shoff);
	cut.writeUInt16LE(0, header.shnum);
	cut.writeUInt16LE(0, header.shstrndx);
	return cut;
}

function withoutRange(entry: Buffer, start: number, end: number): readonly Buffer[] {
	const offset = Number(entry.readBigUInt64LE(segment.offset));
	const size = Number(entry.readBigUInt64LE(segment.filesz));
	if (offset >= end) return [changed(entry, { offset: start - end })];
	if (offset + size <= start) return [entry];
	if (entry.readUInt32LE(segment.type) !== PT_LOAD || offset > start || offset + size < end) {
		throw new Error('What is to be cut out does not lie within one segment.');
	}
	const before = start - offset;
	const skipped = end - offset;
	return [
		changed(entry, { filesz: before - size, memsz: before - size }),
		changed(entry, {
			offset: before,
			vaddr: skipped,
			paddr: skipped,
			filesz: -skipped,
			memsz: -skipped,
		}),
	];
}

/** A copy with these fields changed by so much. */
function changed(entry: Buffer, by: Partial<Record<keyof typeof segment, number>>): Buffer {
	const copy = Buffer.from(entry);
	for (const [name, difference] of Object.entries(by)) {
		const at = segment[name as keyof typeof segment];
		copy.writeBigUInt64LE(copy.readBigUInt64LE(at) + BigInt(difference), at);
	}
	return copy;
}
