// Decompresses one block of LZ4 (lz4_Block_format.md of the lz4 project): sequences of literals and copies. It is no
// frame format, and there is no compressor here: see compress-blocks.ts.

/**
 * Returns the bytes; null for a damaged block and for one of more than `maxBytes`.
 *
 * It has no inner function that moves `at`: with one, it gave wrong bytes in some runs of Node 26 only. V8's replacement of a loop
 * that runs is the likely cause, which was not shown. So tools/output/root-image.ts compares digests of what is read.
 */
export function decompressLz4Block(block: Buffer, maxBytes: number): Buffer | null {
	const result = Buffer.alloc(maxBytes);
	let length = 0;
	let at = 0;
	while (at < block.length) {
		const token = block[at++] ?? 0;
		// A length of 15 goes on in the following bytes, up to one that is not 255.
		let literals = token >> 4;
		for (let more = literals === 15 ? 255 : 0; more === 255; literals += more) more = block[at++] ?? 0;
		if (at + literals > block.length || length + literals > maxBytes) return null;
		block.copy(result, length, at, at + literals);
		at += literals;
		length += literals;
		if (at === block.length) return result.subarray(0, length);
		const distance = (block[at] ?? 0) + 256 * (block[at + 1] ?? 0);
		at += 2;
		let copied = (token & 15) + 4;
		for (let more = copied === 19 ? 255 : 0; more === 255; copied += more) more = block[at++] ?? 0;
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
