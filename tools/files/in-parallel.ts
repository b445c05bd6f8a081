// Several pieces of work at a time; the first failure ends them all.

/** Resolves when all are done; rejects with the first failure, once what had begun has ended. */
export async function inParallel<T>(
	items: readonly T[],
	atOnce: number,
	controller: AbortController,
	work: (item: T) => Promise<void>,
): Promise<void> {
	const queue = items.values();
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
