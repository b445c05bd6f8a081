// Disks may be plugged in, or be found by their driver, a moment after the container has started.

/** A look reads from every disk: soon again at first, then less often. */
const firstPauseMs = 100;
const maxPauseMs = 1_000;

/**
 * How long to wait for a disk. One that is named is there or will be; whether any other fits is mostly clear at once, and
 * a system without a disk shall boot quickly.
 *
 * @param seconds - what was wished for; below 0: nothing was
 */
export function waitTimeoutMs(seconds: number, isNamed: boolean): number {
	return (seconds >= 0 ? seconds : isNamed ? 10 : 2) * 1000;
}

/** Asks until the answer is final or the time is over; then the last answer. */
export async function waitFor<T>(limitMs: number, ask: () => T, isFinal: (answer: T) => boolean): Promise<T> {
	const deadline = performance.now() + limitMs;
	let pauseMs = firstPauseMs;
	for (;;) {
		const answer = ask();
		const leftMs = deadline - performance.now();
		if (isFinal(answer) || leftMs <= 0) return answer;
		const restMs = Math.min(pauseMs, leftMs);
		await new Promise((resolve) => setTimeout(resolve, restMs));
		pauseMs = Math.min(pauseMs * 2, maxPauseMs);
	}
}
