// Waits for a condition by polling: the only place in which a test lets time pass.

import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
	readonly timeoutMs?: number;
	/** The pause between two polls. The default suits a command in a guest; a look at a file may come each 10 ms. */
	readonly pauseMs?: number;
	/** Names the condition in the error; by default that is the source of `poll`. */
	readonly what?: string;
}

type NotYet = null | undefined | false;

/**
 * Calls `poll` until it returns something other than null, undefined or false, and returns that.
 *
 * An error of `poll` ends the wait: a condition that can no longer come true throws.
 */
export async function eventually<T>(
	poll: () => T | NotYet | Promise<T | NotYet>,
	{ timeoutMs = 300_000, pauseMs = 200, what = poll.toString() }: EventuallyOptions = {},
): Promise<T> {
	const deadlineMs = performance.now() + timeoutMs;
	for (;;) {
		const answer = await poll();
		if (answer !== null && answer !== undefined && answer !== false) return answer;
		if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
		await sleep(pauseMs);
	}
}
