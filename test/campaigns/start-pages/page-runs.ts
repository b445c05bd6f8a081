// From touched pages of a program's file to runs of its addresses. Pure.

import { type PageRun, pageBytes } from '../../../tools/elf/pack-pages.ts';

/** Runs with up to so many pages between them become one: each costs a mapping at every start, which a few pages more do not. */
const bridgedPages = 2;

/** @param touched - numbers of pages of the file */
export function runsOf(program: Buffer, touched: Iterable<number>): PageRun[] {
	const segments = loadedSegments(program);
	const pages = [...touched].flatMap((page) =>
		segments.flatMap(({ offset, address, bytes }) => {
			const at = page * pageBytes;
			const isIn = at + pageBytes > offset && at < offset + bytes;
			return isIn ? [(address - offset + at) / pageBytes] : [];
		}),
	);
	const runs: { first: number; end: number }[] = [];
	for (const page of new Set(pages.toSorted((a, b) => a - b))) {
		const last = runs.at(-1);
		if (last === undefined || page > last.end + bridgedPages) runs.push({ first: page, end: page + 1 });
		else last.end = page + 1;
	}
	return runs.map(({ first, end }) => ({ address: first * pageBytes, pages: end - first }));
}

/** Returns those that are only read: PT_LOAD of elf(5) without PF_W. */
function loadedSegments(program: Buffer) {
	const word = (at: number): number => Number(program.readBigUInt64LE(at));
	return Array.from({ length: program.readUInt16LE(56) }, (_, index) => word(32) + index * 56)
		.filter((at) => program.readUInt32LE(at) === 1 && (program.readUInt32LE(at + 4) & 2) === 0)
		.map((at) => ({ offset: word(at + 8), address: word(at + 16), bytes: word(at + 32) }));
}
