// Whether a service is started again when it has ended, and after what pause. Pure: the caller keeps the history and
// the clock.

import type { RestartRules } from '../contract/supervision.ts';

/** `failures` ends in a row, this one included: the pause before the next start. */
export function restartDelayMs(failures: number, rules: RestartRules): number {
	// 2 ** 1024 is Infinity, and `min` still gives `maxDelayMs`.
	return Math.min(
		rules.delayMs * 2 ** (Math.max(1, failures) - 1),
		Math.max(rules.delayMs, rules.maxDelayMs),
	);
}

/**
 * How many ends in a row there are with one at `nowMs`. It starts over once the service has stayed up for
 * `maxDelayMs`: a crash a day is not a crash loop. `startedAtMs` is null when it did not come to run.
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

/** The times of the ends that still count, oldest first, with one at `nowMs`: never more than decide. */
export function endsWithin(before: readonly number[], nowMs: number, rules: RestartRules): readonly number[] {
	if (rules.burst === Number.POSITIVE_INFINITY) return [];
	const recent = before.filter((endMs) => nowMs - endMs < rules.burstWindowMs);
	return [...recent, nowMs].slice(-(rules.burst + 1));
}

export function isBurst(ends: readonly number[], rules: RestartRules): boolean {
	return ends.length > rules.burst;
}
