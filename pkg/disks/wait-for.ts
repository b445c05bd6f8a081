// Disks may be plugged in, or be found by their driver, a moment after the container has started.

const pauseMs = 100;

/** Asks until the answer is final or the time is over; then the last answer. */
export async function waitFor<T>(limitMs: number, ask: () => T, isFinal: (answer: T) => boolean): Promise<T> {
	const deadline = performance.now() + limitMs;
	for (;;) {
		const answer = ask();
		if (isFinal(answer) || performance.now() >= deadline) return answer;
		await new Promise((resolve) => setTimeout(resolve, pauseMs));
	}
}
