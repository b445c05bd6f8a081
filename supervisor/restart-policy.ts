// How long a service rests before it is started again. Pure: the caller keeps the history and the clock.

export interface RestartPolicy {
	/** The first pause. */
	readonly delayMs: number;
	/** The longest pause; each is twice the one before. */
	readonly maxDelayMs: number;
	/** A service that has stayed up this long is taken for healthy again. */
	readonly stableAfterMs: number;
}

/** There is no last attempt: a service of a system without a console has nobody else to start it. */
export const RESTART_POLICY: RestartPolicy = { delayMs: 200, maxDelayMs: 30_000, stableAfterMs: 30_000 };

/** `failures` ends in a row, this one included: the pause before the next start. */
export function restartDelayMs(failures: number, policy: RestartPolicy): number {
	// 2 ** 1024 is Infinity, and `min` still gives `maxDelayMs`.
	return Math.min(policy.delayMs * 2 ** (Math.max(1, failures) - 1), policy.maxDelayMs);
}

/**
 * How many ends in a row there are with one at `nowMs`. It starts over once the service has stayed up for
 * `stableAfterMs`: a crash a day is not a crash loop. `startedAtMs` is null when it did not come to run.
 */
export function failuresInRow(
	before: number,
	startedAtMs: number | null,
	nowMs: number,
	policy: RestartPolicy,
): number {
	const wasStable = startedAtMs !== null && nowMs - startedAtMs >= policy.stableAfterMs;
	return wasStable ? 1 : before + 1;
}
