// Waiting with an end: everything PID 1 waits for at shutdown has one.

export type Waited<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/** The promise's value, or `done: false` after `limitMs`, which may be Infinity. A rejection is passed on. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<Waited<T>> {
	// Node's timers end after 2^31 ms and make of anything longer 1 ms.
	if (limitMs === Number.POSITIVE_INFINITY) return { done: true, value: await promise };
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<Waited<T>>((resolve) => {
		timer = setTimeout(() => resolve({ done: false }), Math.max(0, limitMs));
	});
	try {
		return await Promise.race([promise.then((value): Waited<T> => ({ done: true, value })), late]);
	} finally {
		clearTimeout(timer);
	}
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
	});
}
