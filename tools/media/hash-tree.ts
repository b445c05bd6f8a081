// The hash tree by which dm-verity checks each block that is read (the kernel's Documentation/admin-guide/device-mapper/verity.rst):
// format 1, SHA-256, blocks of 4096 bytes, no salt. In front of it is the superblock of `veritysetup`, so that this can check
// the file too; the kernel and the first program do not read it. Pure but for the input.

import { hash } from 'node:crypto';

const blockBytes = 4096;
const digestBytes = 32;
const digestsPerBlock = blockBytes / digestBytes;

export interface HashTree {
	/** 64 hexadecimal digits, which stand for all bytes of the data. */
	readonly rootHash: string;
	/** Of 4096 bytes each. */
	readonly dataBlocks: number;
	/** The superblock and the tree, to be appended to the data. */
	readonly bytes: Buffer;
}

/**
 * Hashes data as it comes; holds less than a hundredth of it.
 *
 * @param data - chunks of any size. Throws a `RangeError` when they are no whole blocks, and when there are none.
 */
export async function makeHashTree(data: AsyncIterable<Uint8Array>): Promise<HashTree> {
	const digests: Buffer[] = [];
	let rest: Uint8Array = Buffer.alloc(0);
	for await (const chunk of data) {
		const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		const whole = bytes.length - (bytes.length % blockBytes);
		if (whole > 0) digests.push(digestsOf(bytes.subarray(0, whole)));
		rest = bytes.subarray(whole);
	}
	const leaves = Buffer.concat(digests);
	const dataBlocks = leaves.length / digestBytes;
	if (rest.length > 0 || dataBlocks === 0)
		throw new RangeError(`A hash tree needs whole blocks of ${blockBytes} bytes.`);
	const levels = levelsAbove(leaves);
	const top = levels[0] ?? leaves;
	const rootHash = (levels.length === 0 ? top : digestsOf(top)).toString('hex');
	return { rootHash, dataBlocks, bytes: Buffer.concat([superblock(rootHash, dataBlocks), ...levels]) };
}

/** Returns the levels from the root down to the digests of the data, each of whole blocks. One block of data needs none. */
function levelsAbove(leaves: Buffer): Buffer[] {
	const levels: Buffer[] = [];
	for (let digests = leaves; digests.length > digestBytes; ) {
		const level = padded(digests);
		levels.unshift(level);
		digests = digestsOf(level);
	}
	return levels;
}

function padded(digests: Buffer): Buffer {
	const blocks = Math.ceil(digests.length / (digestsPerBlock * digestBytes));
	return Buffer.concat([digests], blocks * blockBytes);
}

function digestsOf(blocks: Uint8Array): Buffer {
	const result = Buffer.alloc((blocks.length / blockBytes) * digestBytes);
	for (let at = 0; at < blocks.length; at += blockBytes) {
		const block = blocks.subarray(at, at + blockBytes);
		hash('sha256', block, 'buffer').copy(result, (at / blockBytes) * digestBytes);
	}
	return result;
}

/** The format is that of cryptsetup's lib/verity/verity.c. The id follows from the root hash: the same data has the same bytes. */
function superblock(rootHash: string, dataBlocks: number): Buffer {
	const block = Buffer.alloc(blockBytes);
	block.write('verity', 0, 'latin1');
	block.writeUInt32LE(1, 8);
	block.writeUInt32LE(1, 12);
	const id = Buffer.from(rootHash, 'hex').subarray(0, 16);
	// Version 8 of RFC 9562: the content is the maker's own.
	id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x80, 6);
	id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8);
	id.copy(block, 16);
	block.write('sha256', 32, 'latin1');
	block.writeUInt32LE(blockBytes, 64);
	block.writeUInt32LE(blockBytes, 68);
	block.writeBigUInt64LE(BigInt(dataBlocks), 72);
	return block;
}
