// A counting semaphore, for the starts of containers: each start is a shim and a runc or two, which keep a processor
// busy. Too many at a time make all of them late, the first one included.

export interface Semaphore {
	/** Runs `work` as soon as there is a place, in the order of the calls. Passes its result or error on. */
	run<T>(work: () => Promise<T>): Promise<T>;
}

/** @param holdMs - work that takes longer hangs rather than works: its place goes to the next one */
export function createSemaphore(places: number, holdMs: number): Semaphore {
	let free = places;
	const waiting: (() => void)[] = [];

	function release(): void {
		const next = waiting.shift();
		// The place goes straight to the next one, so that no later call takes it first.
		if (next === undefined) free += 1;
		else next();
	}

	return {
		async run(work) {
			if (free > 0) free -= 1;
			else await new Promise<void>((resolve) => waiting.push(resolve));
			let isHeld = true;
			const releaseOnce = (): void => {
				if (isHeld) release();
				isHeld = false;
			};
			const timer = setTimeout(releaseOnce, holdMs);
			try {
				return await work();
			} finally {
				clearTimeout(timer);
				releaseOnce();
			}
		},
	};
}
