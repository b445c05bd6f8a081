// Bounds how often an address gets an answer: a query says itself where its answer goes, so somebody could have others flooded.

/** A client asks a few times in ten seconds; a relay asks for all machines behind it. */
const maxPerSecond = 20;
const maxAddresses = 10_000;

/**
 * Returns a function that reports whether one more answer may go to an address now.
 *
 * @param nowMs - a monotonic clock
 */
export function answerLimit(nowMs: () => number): (address: string) => boolean {
	let startMs = nowMs();
	const counts = new Map<string, number>();
	return (address) => {
		if (nowMs() - startMs >= 1000) {
			startMs = nowMs();
			counts.clear();
		}
		const count = counts.get(address) ?? 0;
		if (count >= maxPerSecond || (count === 0 && counts.size >= maxAddresses)) return false;
		counts.set(address, count + 1);
		return true;
	};
}
