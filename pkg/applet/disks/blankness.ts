// Decides whether a disk is blank. Not "nothing that we know is on it", but: all bytes are zero wherever file systems, tables
// and RAIDs keep their signatures, known ones or not, and on samples of all between. What is not zero there is
// somebody's.

import type { BlockReader } from './block-reader.ts';

const mebibyte = 2 ** 20;
/** LUKS2's last second header ends before 5 MiB, VMFS' and all others' places are lower. */
const endBytes = 8 * mebibyte;
const sampleBytes = 64 * 1024;
/** A power of two, so that XFS' allocation groups, at quarters of the disk, begin on samples. */
const samples = 256;
/** The copies of superblocks: btrfs' at 64 MiB and 256 GiB, ext4's in the groups 1, 3^n, 5^n and 7^n of 128 MiB. */
const copies = [
	...[64 * mebibyte, 256 * 1024 * mebibyte],
	...[1, 3, 5, 7, 9, 25, 27, 49, 81].map((group) => group * 128 * mebibyte),
];

/** The place of the first byte found that is not zero, or null. */
export function findUsedByte(reader: BlockReader): number | null {
	for (const { offset, length } of places(reader.sizeBytes)) {
		for (let at = offset; at < offset + length; at += mebibyte) {
			const bytes = reader.read(at, Math.min(mebibyte, offset + length - at));
			const found = firstNotZero(bytes);
			if (found !== null) return at + found;
		}
	}
	return null;
}

/** The ranges to read: all of a small disk; the beginning, the end and samples of a larger one. */
function places(sizeBytes: number): readonly { readonly offset: number; readonly length: number }[] {
	if (sizeBytes <= endBytes * 8) return [{ offset: 0, length: sizeBytes }];
	const tail = sizeBytes - endBytes;
	const step = Math.floor(sizeBytes / samples);
	const between = Array.from({ length: samples }, (_, index) => index * step);
	return [
		{ offset: 0, length: endBytes },
		{ offset: tail, length: endBytes },
		...[...copies, ...between]
			.filter((offset) => offset >= endBytes && offset + sampleBytes <= tail)
			.map((offset) => ({ offset, length: sampleBytes })),
	];
}

const zeros = Buffer.alloc(mebibyte);

function firstNotZero(bytes: Buffer): number | null {
	// memcmp first: a loop over each byte would take a second for every disk.
	if (bytes.equals(zeros.subarray(0, bytes.length))) return null;
	return bytes.findIndex((byte) => byte !== 0);
}
