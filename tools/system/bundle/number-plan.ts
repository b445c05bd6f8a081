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
export function planNumbers(
	names: readonly string[],
	{ first, count }: NumberRange,
): ReadonlyMap<string, number> {
	const taken = new Set<number>();
	const plan = new Map<string, number>();
	for (const name of [...new Set(names)].sort().slice(0, count)) {
		let offset = hashOf(name) % count;
		while (taken.has(offset)) offset = (offset + 1) % count;
		taken.add(offset);
		plan.set(name, first + offset);
	}
	return plan;
}

function hashOf(name: string): number {
	return createHash('sha256').update(name).digest().readUInt32BE(0);
}
