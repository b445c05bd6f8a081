// Timeouts for promises. A promise can't be cancelled: the work continues after its timeout unless the caller ends it.

export type Waited<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/** Resolves to the promise's value, or to `done: false` after `timeoutMs`, which may be Infinity. Passes a rejection on. */
export async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<Waited<T>> {
	// Node's timers treat a time of more than 2^31 ms as 1 ms.
	if (timeoutMs === Number.POSITIVE_INFINITY) return { done: true, value: await promise };
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<Waited<T>>((resolve) => {
		timer = setTimeout(() => resolve({ done: false }), Math.max(0, timeoutMs));
	});
	try {
		return await Promise.race([promise.then((value): Waited<T> => ({ done: true, value })), late]);
	} finally {
		clearTimeout(timer);
	}
}

/** Resolves to the promise's value, or rejects with `tooLate()` after `timeoutMs`. Passes a rejection on. */
export async function withTimeout<T>(
	promise: Promise<T>,
	timeoutMs: number,
	tooLate: () => Error,
): Promise<T> {
	const waited = await within(promise, timeoutMs);
	if (!waited.done) throw tooLate();
	return waited.value;
}
