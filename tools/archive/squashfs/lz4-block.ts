// Decompresses one block of LZ4 (lz4_Block_format.md of the lz4 project): sequences of literals and copies. It is no
// frame format, and there is no compressor here: squashfs-tools compress.

/** Returns the bytes; null for a damaged block and for one of more than `maxBytes`. */
export function decompressLz4Block(block: Buffer, maxBytes: number): Buffer | null {
	const result = Buffer.alloc(maxBytes);
	let length = 0;
	let at = 0;
	/** Reads a length whose first four bits are `start`; each following byte of 255 continues it. */
	const lengthFrom = (start: number): number => {
		let value = start;
		if (start < 15) return value;
		for (let more = 255; more === 255; value += more) more = block[at++] ?? 0;
		return value;
	};
	while (at < block.length) {
		const token = block[at++] ?? 0;
		const literals = lengthFrom(token >> 4);
		if (at + literals > block.length || length + literals > maxBytes) return null;
		block.copy(result, length, at, at + literals);
		at += literals;
		length += literals;
		if (at === block.length) return result.subarray(0, length);
		const distance = (block[at] ?? 0) + 256 * (block[at + 1] ?? 0);
		at += 2;
		const copied = lengthFrom(token & 15) + 4;
		if (at > block.length || distance === 0 || distance > length || length + copied > maxBytes) return null;
		// The copy may overlap what it makes, so it goes by bytes where it does.
		if (distance >= copied) result.copy(result, length, length - distance, length - distance + copied);
		else
			for (let index = length; index < length + copied; index++)
				result[index] = result[index - distance] ?? 0;
		length += copied;
	}
	return null;
}
