// Limits how much runs at the same time on the host: work on each item of a list, and things that are lent.

import { availableParallelism } from 'node:os';

/** How many compressions run at the same time. Each keeps one core busy, and the machine stays usable. */
export const coresAtOnce = Math.min(2, availableParallelism());

/**
 * Calls `work` for each item, at most `atOnce` at the same time. After a failure it begins no other item. Rejects with the
 * first failure once all that had begun has ended.
 *
 * @param controller - is aborted by a failure; when it is aborted elsewhere, no other item begins
 */
export async function inParallel<T>(
	items: Iterable<T>,
	atOnce: number,
	work: (item: T) => Promise<void>,
	controller = new AbortController(),
): Promise<void> {
	const queue = [...items].values();
	const failures: unknown[] = [];
	async function worker(): Promise<void> {
		for (const item of queue) {
			if (controller.signal.aborted) return;
			try {
				await work(item);
			} catch (error) {
				failures.push(error);
				controller.abort();
			}
		}
	}
	await Promise.all(Array.from({ length: atOnce }, worker));
	if (failures.length > 0) throw failures[0];
}

/** Lends a few things, in the order of the requests. */
export interface Pool<T> {
	/** Resolves when an item is free. The caller gives it back. */
	take(): Promise<T>;
	give(item: T): void;
	/** Lends an item for as long as `work` takes. */
	use<R>(work: (item: T) => Promise<R>): Promise<R>;
}

/** @param make - is called for each of the `count` items when it is needed for the first time */
export function openPool<T>(count: number, make: () => T): Pool<T> {
	const free: T[] = [];
	const waiting: ((item: T) => void)[] = [];
	let made = 0;

	async function take(): Promise<T> {
		const item = free.pop();
		if (item !== undefined) return item;
		if (made < count) {
			made++;
			return make();
		}
		return await new Promise((resolve) => waiting.push(resolve));
	}

	function give(item: T): void {
		const next = waiting.shift();
		if (next === undefined) free.push(item);
		else next(item);
	}

	return {
		take,
		give,
		async use(work) {
			const item = await take();
			try {
				return await work(item);
			} finally {
				give(item);
			}
		},
	};
}
