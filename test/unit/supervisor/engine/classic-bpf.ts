// Executes a seccomp filter as the kernel does (net/core/filter.c), for tests.

export interface Call {
	readonly architecture: number;
	readonly number: number;
	readonly args?: readonly bigint[];
}

/** Returns SECCOMP_RET_*. Throws on an instruction or a jump that the kernel refuses. */
export function executeFilter(filter: Uint8Array, { architecture, number, args = [] }: Call): number {
	const data = Buffer.alloc(64);
	data.writeInt32LE(number | 0, 0);
	data.writeUInt32LE(architecture, 4);
	for (const [index, value] of args.entries()) data.writeBigUInt64LE(value, 16 + 8 * index);
	const program = Buffer.from(filter);
	let accumulator = 0;
	for (let at = 0; at < program.length / 8; at++) {
		const code = program.readUInt16LE(8 * at);
		const [whenTrue, whenFalse] = [program.readUInt8(8 * at + 2), program.readUInt8(8 * at + 3)];
		const k = program.readUInt32LE(8 * at + 4);
		const jump = (holds: boolean) => {
			at += holds ? whenTrue : whenFalse;
		};
		if (code === 0x20) accumulator = data.readUInt32LE(k);
		else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
		else if (code === 0x05) at += k;
		else if (code === 0x15) jump(accumulator === k);
		else if (code === 0x25) jump(accumulator > k);
		else if (code === 0x35) jump(accumulator >= k);
		else if (code === 0x06) return k;
		else throw new Error(`instruction ${at} has the code ${code}`);
	}
	throw new Error('the filter ends without an answer');
}
