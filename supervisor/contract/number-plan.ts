// Numbers that follow from names, so that a container keeps its own in the next build of a system, whatever else changes there.

import { createHash } from 'node:crypto';

export interface NumberRange {
	readonly first: number;
	readonly count: number;
}

/**
 * Returns the number of each name in the range. Where two names lead to one number, the name that comes later in the alphabet
 * gets the next free one; where there are more names than numbers, the last names get none.
 */
export function planNumbers(names: readonly string[], range: NumberRange): ReadonlyMap<string, number> {
	const taken = new Set<number>();
	const plan = new Map<string, number>();
	for (const name of [...new Set(names)].sort()) {
		const number = freeNumber(name, taken, range);
		if (number === null) break;
		taken.add(number);
		plan.set(name, number);
	}
	return plan;
}

/** Returns the number of one more name, the next free one where that is taken; null when all are. */
export function freeNumber(
	name: string,
	taken: ReadonlySet<number>,
	{ first, count }: NumberRange,
): number | null {
	const start = hashOf(name) % count;
	for (let step = 0; step < count; step += 1) {
		const number = first + ((start + step) % count);
		if (!taken.has(number)) return number;
	}
	return null;
}

function hashOf(name: string): number {
	return createHash('sha256').update(name).digest().readUInt32BE(0);
}
