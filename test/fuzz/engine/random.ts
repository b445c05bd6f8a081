// A small generator of random numbers (xorshift32), so that a seed repeats a run.

export interface Random {
	/** Returns an integer from 0 to `count` - 1. */
	below(count: number): number;
	pick<T>(items: readonly T[]): T | undefined;
}

export function randomFrom(seed: number): Random {
	// The multiplication spreads small seeds; the state must not be 0.
	let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
	const below = (count: number): number => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % count;
	};
	return { below, pick: (items) => (items.length === 0 ? undefined : items[below(items.length)]) };
}
