// The rules for the restart of a service: the pauses, and the number of ends that is too many. Pure: the caller keeps the
// history and the clock.

import type { RestartRules } from '../contract/supervision.ts';

/** Returns the pause before the next start, in milliseconds. `failures` counts the ends in a row with this one. */
export function restartDelayMs(failures: number, rules: RestartRules): number {
	// 2 ** 1024 is Infinity, and `min` still returns `maxDelayMs`.
	return Math.min(
		rules.delayMs * 2 ** (Math.max(1, failures) - 1),
		Math.max(rules.delayMs, rules.maxDelayMs),
	);
}

/**
 * Returns the number of ends in a row, with the one at `nowMs`. The count starts again once the service has run for
 * `maxDelayMs`: one crash a day is not a crash loop. `startedAtMs` is null when the service did not run.
 */
export function failuresInRow(
	before: number,
	startedAtMs: number | null,
	nowMs: number,
	rules: RestartRules,
): number {
	const wasStable = startedAtMs !== null && nowMs - startedAtMs >= rules.maxDelayMs;
	return wasStable ? 1 : before + 1;
}

/** Returns the times of the ends that still count, with the one at `nowMs`, oldest first; only as many as `isBurst` needs. */
export function endsWithin(before: readonly number[], nowMs: number, rules: RestartRules): readonly number[] {
	if (rules.burst === Number.POSITIVE_INFINITY) return [];
	const recent = before.filter((endMs) => nowMs - endMs < rules.burstWindowMs);
	return [...recent, nowMs].slice(-(rules.burst + 1));
}

/** Reports whether these are too many ends. */
export function isBurst(ends: readonly number[], rules: RestartRules): boolean {
	return ends.length > rules.burst;
}
