// How many containers are started at a time. Each start is a shim and a runc or two, which keep a processor busy: too
// many side by side make all of them late, the first one included.

export interface StartGate {
	/** Runs `work` as soon as there is a place; first come, first served. What it gives or throws is passed on. */
	run<T>(work: () => Promise<T>): Promise<T>;
}

/** @param turnMs - a start that takes longer is not busy but hangs: its place goes to the next one */
export function createStartGate(places: number, turnMs: number): StartGate {
	let free = places;
	const waiting: (() => void)[] = [];

	function leave(): void {
		const next = waiting.shift();
		// The place goes to the next one as it is: nobody who comes now may take it first.
		if (next === undefined) free += 1;
		else next();
	}

	return {
		async run(work) {
			if (free > 0) free -= 1;
			else await new Promise<void>((resolve) => waiting.push(resolve));
			let isInside = true;
			const leaveOnce = (): void => {
				if (isInside) leave();
				isInside = false;
			};
			const timer = setTimeout(leaveOnce, turnMs);
			try {
				return await work();
			} finally {
				clearTimeout(timer);
				leaveOnce();
			}
		},
	};
}
