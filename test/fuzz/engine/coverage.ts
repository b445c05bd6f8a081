// Which branches the inputs so far have reached, and how often in one run, in steps as AFL's.

export class Coverage {
	readonly #counters: Uint32Array;
	/** A bit for each step that was reached. */
	readonly #seen: Uint8Array;
	edges = 0;

	constructor(counters: Uint32Array) {
		this.#counters = counters;
		this.#seen = new Uint8Array(counters.length);
	}

	/** Forgets the run before. */
	start(): void {
		this.#counters.fill(0);
	}

	/** Adds what the run reached; reports whether something of it is new. */
	add(): boolean {
		let isNew = false;
		for (let index = 0; index < this.#counters.length; index++) {
			const count = this.#counters[index] ?? 0;
			if (count === 0) continue;
			const seen = this.#seen[index] ?? 0;
			const step = stepOf(count);
			if ((seen & step) !== 0) continue;
			if (seen === 0) this.edges += 1;
			this.#seen[index] = seen | step;
			isNew = true;
		}
		return isNew;
	}

	/** The branches of the run, without how often. */
	reached(): number[] {
		const reached: number[] = [];
		for (const [index, count] of this.#counters.entries()) if (count > 0) reached.push(index);
		return reached;
	}
}

/** 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more. */
function stepOf(count: number): number {
	if (count < 4) return 1 << (count - 1);
	if (count < 8) return 8;
	if (count < 16) return 16;
	if (count < 32) return 32;
	return count < 128 ? 64 : 128;
}
