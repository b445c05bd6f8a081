// The machine code that a program with packed pages (pack-pages.ts) begins with, for amd64: it moves the pages from where the
// kernel has mapped them to their addresses, and jumps to the program's own entry.
//
// mremap(2) moves a mapping without reading a page and without opening the file, so it works before /proc is mounted and
// in any root. The registers are those of the System V ABI: rdx has a function for atexit(3), rsp the arguments; both stay.

export interface StartStub {
	/** The address of the records, 16 bytes each: the address of a run and its size. One of zeros ends them. */
	readonly records: number;
	/** Where the pages of the runs are mapped, one after another; those of code come first. */
	readonly pages: number;
	/** The size of the runs of code. */
	readonly codeBytes: number;
	/** The program's own entry. */
	readonly entry: number;
}

const told = 'The pages of a program cannot be mapped: is the memory full, or mremap(2) forbidden?\n';

/** Returns code that runs at any address. */
export function startStub({ records, pages, codeBytes, entry }: StartStub): Buffer {
	const fail = Buffer.concat([
		Buffer.from([0xbf, 2, 0, 0, 0]), // mov edi, STDERR_FILENO
		Buffer.from([0x48, 0x8d, 0x35, 24, 0, 0, 0]), // lea rsi, [rip + 24]: `told`
		Buffer.from([0xba, told.length, 0, 0, 0]), // mov edx, told.length
		systemCall(1), // write
		Buffer.from([0xbf, 127, 0, 0, 0]), // mov edi, 127
		systemCall(231), // exit_group
		Buffer.from(told, 'latin1'),
	]);
	const start = Buffer.concat([
		Buffer.from([0x52]), // push rdx
		Buffer.from([0x48, 0xbb]), // movabs rbx, records
		word(records),
		Buffer.from([0x49, 0xbd]), // movabs r13, pages
		word(pages),
		Buffer.from([0x4c, 0x89, 0xef]), // mov rdi, r13
		Buffer.from([0x48, 0xbe]), // movabs rsi, codeBytes
		word(codeBytes),
		Buffer.from([0xba, 5, 0, 0, 0]), // mov edx, PROT_READ | PROT_EXEC
		systemCall(10), // mprotect
		Buffer.from([0x48, 0x85, 0xc0]), // test rax, rax
	]);
	const next = Buffer.from([
		...[0x4c, 0x8b, 0x03], // mov r8, [rbx]
		...[0x4d, 0x85, 0xc0], // test r8, r8
	]);
	const move = Buffer.concat([
		Buffer.from([0x48, 0x8b, 0x73, 8]), // mov rsi, [rbx + 8]
		Buffer.from([0x4c, 0x89, 0xef]), // mov rdi, r13
		Buffer.from([0x48, 0x89, 0xf2]), // mov rdx, rsi
		Buffer.from([0x41, 0xba, 3, 0, 0, 0]), // mov r10d, MREMAP_MAYMOVE | MREMAP_FIXED
		systemCall(25), // mremap
		Buffer.from([0x4c, 0x39, 0xc0]), // cmp rax, r8
	]);
	const advance = Buffer.from([
		...[0x4c, 0x03, 0x6b, 8], // add r13, [rbx + 8]
		...[0x48, 0x83, 0xc3, 16], // add rbx, 16
	]);
	const leave = Buffer.concat([
		Buffer.from([0x5a]), // pop rdx
		Buffer.from([0x48, 0xb8]), // movabs rax, entry
		word(entry),
		Buffer.from([0xff, 0xe0]), // jmp rax
	]);
	const jumpBytes = { conditional: 2, back: 2 };
	const loopBytes = next.length + 2 * jumpBytes.conditional + move.length + advance.length + jumpBytes.back;
	return Buffer.concat([
		start,
		jump(0x75, loopBytes + leave.length), // jne fail
		next,
		jump(0x74, move.length + jumpBytes.conditional + advance.length + jumpBytes.back), // je leave
		move,
		jump(0x75, advance.length + jumpBytes.back + leave.length), // jne fail
		advance,
		jump(0xeb, -loopBytes), // jmp next
		leave,
		fail,
	]);
}

function systemCall(number: number): Buffer {
	const bytes = Buffer.from([0xb8, 0, 0, 0, 0, 0x0f, 0x05]); // mov eax, number; syscall
	bytes.writeUInt32LE(number, 1);
	return bytes;
}

function jump(operation: number, distance: number): Buffer {
	const bytes = Buffer.from([operation, 0]);
	bytes.writeInt8(distance, 1);
	return bytes;
}

function word(value: number): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeBigUInt64LE(BigInt(value));
	return bytes;
}
