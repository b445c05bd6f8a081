// Waiting with an end: everything PID 1 waits for at shutdown has one.

export type Waited<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/** The promise's value, or `done: false` after `limitMs`. A rejection is passed on. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<Waited<T>> {
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
