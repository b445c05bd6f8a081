// When a service is asked whether it works, and what the answers together mean. Pure: the caller has the clock and
// asks; it calls `step` for each event, and when `nextStepMs` has come.

import type { Probe } from '../contract/supervision.ts';

export type AskingRules = Pick<Probe, 'intervalMs' | 'timeoutMs' | 'retries'>;

export type Verdict = 'works' | 'fails';

export interface Schedule {
	/** Of the next question. */
	readonly dueMs: number;
	/** A question without an end; the next one waits for it, so that they never pile up. */
	readonly open: OpenQuestion | null;
	/** In a row. */
	readonly failures: number;
	/** What was reported last. */
	readonly verdict: Verdict | null;
}

export interface OpenQuestion {
	/** Null until it has reached the service: what PID 1 and containerd take before is not the service's fault. */
	readonly begunMs: number | null;
	/** When it last counted as a failure for having no answer. */
	readonly lateMs: number | null;
}

export type ScheduleEvent =
	| { readonly event: 'time' }
	| { readonly event: 'begun' }
	/** The question has ended. */
	| { readonly event: 'answer'; readonly answer: 'works' | 'not-asked' | { readonly fails: string } };

export type ScheduleAction =
	| { readonly action: 'ask' }
	/** The question has taken too long. */
	| { readonly action: 'abort' }
	| { readonly action: 'report'; readonly verdict: 'works' }
	| { readonly action: 'report'; readonly verdict: 'fails'; readonly reason: string };

export interface ScheduleStep {
	readonly schedule: Schedule;
	readonly actions: readonly ScheduleAction[];
}

export function startSchedule(firstMs: number): Schedule {
	return { dueMs: firstMs, open: null, failures: 0, verdict: null };
}

/** Reports the first success, `retries` failures in a row, and the first success after those. */
export function step(
	schedule: Schedule,
	event: ScheduleEvent,
	nowMs: number,
	rules: AskingRules,
): ScheduleStep {
	const { open } = schedule;
	switch (event.event) {
		case 'begun':
			if (open === null || open.begunMs !== null) return { schedule, actions: [] };
			return { schedule: { ...schedule, open: { ...open, begunMs: nowMs } }, actions: [] };
		case 'answer': {
			const closed = { ...schedule, open: null };
			if (open === null || open.lateMs !== null || event.answer === 'not-asked') {
				return { schedule: closed, actions: [] };
			}
			return event.answer === 'works' ? succeed(closed) : fail(closed, event.answer.fails, rules);
		}
		case 'time':
			return nowMs < nextStepMs(schedule, rules)
				? { schedule, actions: [] }
				: passTime(schedule, nowMs, rules);
	}
}

/** When `step` has something to do, if nothing happens before; Infinity: never. */
export function nextStepMs({ open, dueMs }: Schedule, { timeoutMs, intervalMs }: AskingRules): number {
	if (open === null) return dueMs;
	if (open.begunMs === null) return Number.POSITIVE_INFINITY;
	return open.lateMs === null ? open.begunMs + timeoutMs : open.lateMs + intervalMs;
}

function passTime(schedule: Schedule, nowMs: number, rules: AskingRules): ScheduleStep {
	const { open } = schedule;
	if (open === null) {
		const asked = { ...schedule, open: { begunMs: null, lateMs: null }, dueMs: nowMs + rules.intervalMs };
		return { schedule: asked, actions: [{ action: 'ask' }] };
	}
	const late = { ...schedule, open: { ...open, lateMs: nowMs } };
	const failed = fail(late, `no answer in ${rules.timeoutMs} ms`, rules);
	if (open.lateMs !== null) return failed;
	return { schedule: failed.schedule, actions: [{ action: 'abort' }, ...failed.actions] };
}

function succeed(schedule: Schedule): ScheduleStep {
	return {
		schedule: { ...schedule, failures: 0, verdict: 'works' },
		actions: schedule.verdict === 'works' ? [] : [{ action: 'report', verdict: 'works' }],
	};
}

function fail(schedule: Schedule, reason: string, { retries }: AskingRules): ScheduleStep {
	const failures = schedule.failures + 1;
	if (failures < retries || schedule.verdict === 'fails') {
		return { schedule: { ...schedule, failures }, actions: [] };
	}
	return {
		schedule: { ...schedule, failures, verdict: 'fails' },
		actions: [{ action: 'report', verdict: 'fails', reason }],
	};
}
