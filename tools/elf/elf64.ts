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
export const segmentBytes = 56;
