// A program of amd64 with fixed addresses, of which only the headers are true: a page of headers, two pages of code and 256 bytes more, and
// two pages of constants. See elf(5).

export const codeAt = 0x1000;
export const codeBytes = 0x2100;
export const constantsAt = 0x4000;
const base = 0x400000;
const segmentBytes = 56;

export interface SmallElfOptions {
	readonly codeBytes?: number;
	/** How many segments the header announces. */
	readonly segments?: number;
	readonly segmentBytes?: number;
	/** Of the constants. */
	readonly memoryBytes?: bigint;
	readonly offset?: number;
	readonly entry?: bigint;
}

export function smallElf(options: SmallElfOptions = {}): Buffer {
	const program = Buffer.alloc(0x6000);
	program.fill('code', codeAt, codeAt + (options.codeBytes ?? codeBytes));
	program.fill('data', constantsAt);
	program.write('\x7fELF\x02\x01\x01', 'latin1');
	program.writeUInt16LE(2, 16);
	program.writeUInt16LE(62, 18);
	program.writeBigUInt64LE(options.entry ?? BigInt(base + codeAt), 24);
	program.writeBigUInt64LE(64n, 32);
	program.writeUInt16LE(options.segmentBytes ?? segmentBytes, 54);
	program.writeUInt16LE(options.segments ?? 3, 56);
	const sizes = [0x1000, options.codeBytes ?? codeBytes, 0x2000];
	const offsets = [0, codeAt, options.offset ?? constantsAt];
	for (const [index, flags] of [4, 5, 4].entries()) {
		const at = 64 + index * segmentBytes;
		const [offset = 0, size = 0] = [offsets[index], sizes[index]];
		program.writeUInt32LE(1, at);
		program.writeUInt32LE(flags, at + 4);
		program.writeBigUInt64LE(BigInt(offset), at + 8);
		program.writeBigUInt64LE(BigInt(base + offset), at + 16);
		program.writeBigUInt64LE(BigInt(size), at + 32);
		program.writeBigUInt64LE(index === 2 ? (options.memoryBytes ?? BigInt(size)) : BigInt(size), at + 40);
	}
	return program;
}
