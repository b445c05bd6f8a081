// A few things that are lent to whoever needs one, in the order of asking.

export interface Pool<T> {
	/** Resolves when one is free; it must be given back. */
	take(): Promise<T>;
	give(item: T): void;
}

/** @param make - called for each of `count`, when it is needed for the first time */
export function openPool<T>(count: number, make: () => T): Pool<T> {
	const free: T[] = [];
	const waiting: ((item: T) => void)[] = [];
	let made = 0;
	return {
		async take() {
			const item = free.pop();
			if (item !== undefined) return item;
			if (made < count) {
				made++;
				return make();
			}
			return await new Promise((resolve) => waiting.push(resolve));
		},
		give(item) {
			const next = waiting.shift();
			if (next === undefined) free.push(item);
			else next(item);
		},
	};
}
