import { readFileSync } from 'node:fs';
import test from 'ava';
import { decompressLz4Block } from '../../../../../tools/archive/squashfs/lz4-block.ts';

const blockBytes = 64 * 1024;

/** Compresses as simply as the format allows: the last place of four equal bytes is the match. */
function lz4Block(data: Buffer): Buffer {
	const parts: Buffer[] = [];
	const places = new Map<number, number>();
	let literalsAt = 0;
	let at = 0;
	// A block ends with five literals at least (lz4_Block_format.md, "End of block conditions").
	while (at < data.length - 12) {
		const four = data.readUInt32LE(at);
		const match = places.get(four);
		places.set(four, at);
		if (match === undefined || at - match > 0xffff) {
			at++;
			continue;
		}
		let length = 4;
		while (at + length < data.length - 5 && data[match + length] === data[at + length]) length++;
		parts.push(sequence(data.subarray(literalsAt, at), { distance: at - match, length }));
		at += length;
		literalsAt = at;
	}
	parts.push(sequence(data.subarray(literalsAt), null));
	return Buffer.concat(parts);
}

function sequence(
	literals: Buffer,
	copy: { readonly distance: number; readonly length: number } | null,
): Buffer {
	const copied = copy === null ? 0 : copy.length - 4;
	const token = (Math.min(literals.length, 15) << 4) | Math.min(copied, 15);
	const distance = copy === null ? [] : [copy.distance & 0xff, copy.distance >> 8, ...lengthBytes(copied)];
	return Buffer.concat([
		Buffer.from([token, ...lengthBytes(literals.length)]),
		literals,
		Buffer.from(distance),
	]);
}

function lengthBytes(length: number): number[] {
	if (length < 15) return [];
	return [...new Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255];
}

/** A program of machine code, as the blocks of a system mostly are. */
function blocksOfProgram(count: number): Buffer[] {
	const program = readFileSync(process.execPath);
	const step = Math.floor((program.length - blockBytes) / count);
	return Array.from({ length: count }, (_, index) =>
		program.subarray(index * step, index * step + blockBytes),
	);
}

test('decompressLz4Block() returns the same bytes however long it has run', (t) => {
	// An earlier form was wrong in some runs, after many turns of its loop.
	const blocks = [...blocksOfProgram(150), Buffer.alloc(blockBytes), Buffer.from('abc'), Buffer.alloc(0)];
	for (const [index, block] of blocks.entries()) {
		const result = decompressLz4Block(lz4Block(block), blockBytes);
		t.true(result?.equals(block), `block ${index}`);
	}
});

test('decompressLz4Block() refuses damaged blocks', (t) => {
	const block = lz4Block(Buffer.from('a text, a text, a text, and its end'));
	t.is(decompressLz4Block(block, 34), null, 'more bytes than a block may have');
	t.is(decompressLz4Block(block.subarray(0, -1), 100), null, 'cut');
	t.is(decompressLz4Block(Buffer.from([0x10, 0x61, 2, 0]), 100), null, 'a copy from before the start');
	t.is(decompressLz4Block(Buffer.from([0x10, 0x61, 0, 0]), 100), null, 'a copy of distance 0');
	t.is(decompressLz4Block(Buffer.alloc(1000, 0xff), 100), null, 'a length without end');
});
