// Work on many things, two at a time: each keeps one core busy with compression, and the machine stays usable.

import { availableParallelism } from 'node:os';

/** Rejects with the first failure, when what had begun has ended too; nothing is begun after a failure. */
export async function onBothCores<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
	const queue = [...items].values();
	let failed = false;
	const worker = async (): Promise<void> => {
		for (const item of queue) {
			if (failed) return;
			try {
				await work(item);
			} catch (error) {
				failed = true;
				throw error;
			}
		}
	};
	const workers = Array.from({ length: Math.min(2, availableParallelism()) }, worker);
	for (const ended of await Promise.allSettled(workers)) if (ended.status === 'rejected') throw ended.reason;
}
