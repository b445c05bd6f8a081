// Looks for work that grows faster than its input: repeats parts of an input to two lengths, and compares the times.

import { judge } from './judge.ts';
import { repeatTo, someRepetition } from './mutate.ts';
import type { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';

const shortBytes = 32 * 1024;
/** Work in proportion takes 4 times as long for this length, quadratic work 16 times. */
const longBytes = 4 * shortBytes;
const suspiciousRatio = 9;
/** Below it, noise decides. */
const leastMs = 100;

export interface Grown {
	readonly input: Buffer;
	readonly text: string;
}

/**
 * Returns an input of 128 KiB whose time is out of proportion to that of a shorter one; null for none.
 *
 * @param running - is called before the long input runs
 */
export async function findGrowth(
	target: FuzzTarget,
	input: Buffer,
	random: Random,
	running: (input: Buffer) => void,
): Promise<Grown | null> {
	const maxBytes = target.maxBytes ?? longBytes;
	if (maxBytes < longBytes || input.length > shortBytes / 2) return null;
	const repetition = someRepetition(input, random);
	const make = (sizeBytes: number): Buffer => {
		const repeated = repeatTo(input, repetition, sizeBytes);
		return target.repair?.(repeated) ?? repeated;
	};
	const long = make(longBytes);
	running(long);
	if ((await judge(target, long)).costMs < leastMs) return null;
	const short = make(shortBytes);
	const shortMs = await leastTimeMs(target, short);
	const longMs = await leastTimeMs(target, long);
	if (longMs < leastMs || longMs < suspiciousRatio * shortMs) return null;
	const times = `${shortMs.toFixed(1)} ms for ${short.length} bytes, ${longMs.toFixed(1)} ms for ${long.length}`;
	return { input: long, text: times };
}

async function leastTimeMs(target: FuzzTarget, input: Buffer): Promise<number> {
	let least = Number.POSITIVE_INFINITY;
	for (let turn = 0; turn < 3; turn++) least = Math.min(least, (await judge(target, input)).costMs);
	return least;
}
