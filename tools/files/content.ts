// The bytes of a file that is not written yet: what it is joined of, and its size. Pure but for the sizes of the sources.

import { copiedBytes, type JoinSource } from './joined.ts';

export interface Content {
	readonly sources: readonly JoinSource[];
	readonly sizeBytes: number;
}

/** Content at a position of a larger file. */
export interface Placed {
	readonly startBytes: number;
	readonly content: Content;
}

export async function contentOf(sources: readonly JoinSource[]): Promise<Content> {
	const sizes = await Promise.all(sources.map(copiedBytes));
	return { sources, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

export function bytesContent(bytes: Uint8Array): Content {
	return { sources: [bytes], sizeBytes: bytes.length };
}

/**
 * Joins contents, with holes before, between and after them.
 *
 * @param placed - in any order; throws a `RangeError` when two overlap or one ends behind `sizeBytes`
 */
export function layOut(placed: readonly Placed[], sizeBytes: number): Content {
	const sources: JoinSource[] = [];
	let end = 0;
	const fillTo = (position: number): void => {
		if (position < end) throw new RangeError(`Content at ${position} overlaps what ends at ${end}.`);
		if (position > end) sources.push({ holeBytes: position - end });
	};
	for (const { startBytes, content } of placed.toSorted((a, b) => a.startBytes - b.startBytes)) {
		fillTo(startBytes);
		sources.push(...content.sources);
		end = startBytes + content.sizeBytes;
	}
	fillTo(sizeBytes);
	return { sources, sizeBytes };
}

export function roundUp(value: number, multiple: number): number {
	return Math.ceil(value / multiple) * multiple;
}
