// Clears the tables by which the stack of an ELF program is unwound (`.eh_frame` and the index of it, LSB Core, "Exception Frames"): C++
// exceptions and traces of native crashes need them, and a program that is compiled without exceptions starts and runs without them.

import { PT_LOAD, readSegments } from './elf64.ts';

const PT_GNU_EH_FRAME = 0x6474e550;
const version = 1;
/** DW_EH_PE_pcrel | DW_EH_PE_sdata4: 32 bits with a sign, from the place of the pointer on. */
const relative = 0x1b;
const encodingAt = 1;
const pointerAt = 4;
/** In the place of a length: the length follows, in 64 bits. */
const longLength = 0xffffffff;

/**
 * Fills the tables with zeros in place; an unwinder takes them for none then.
 *
 * @returns the number of bytes, 0 when there are none, or of another form
 */
export function clearUnwindTables(program: Buffer): number {
	const segments = readSegments(program);
	const index = segments.find(({ type }) => type === PT_GNU_EH_FRAME);
	if (index === undefined) return 0;
	const { offset, address, fileBytes } = index;
	if (program[offset] !== version || program[offset + encodingAt] !== relative) return 0;
	const frames = address + pointerAt + program.readInt32LE(offset + pointerAt);
	const holder = segments.find(
		(each) => each.type === PT_LOAD && frames >= each.address && frames < each.address + each.fileBytes,
	);
	if (holder === undefined) return 0;
	const start = frames - holder.address + holder.offset;
	const end = endOfFrames(program, start, holder.offset + holder.fileBytes);
	if (end === null) return 0;
	program.fill(0, offset, offset + fileBytes);
	program.fill(0, start, end);
	return fileBytes + end - start;
}

/** A record without a length ends the table. Returns null when there is none before the segment ends. */
function endOfFrames(program: Buffer, start: number, limit: number): number | null {
	let at = start;
	while (at + 4 <= limit) {
		const length = program.readUInt32LE(at);
		if (length === 0) return at;
		if (length === longLength && at + 12 > limit) return null;
		at += length === longLength ? 12 + Number(program.readBigUInt64LE(at + 4)) : 4 + length;
	}
	return null;
}
