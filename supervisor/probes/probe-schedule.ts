// When a service is asked whether it works, and what its answers mean together. The schedule is pure; `askRepeatedly` carries
// it out with a clock and a timer.

import { errorMessage } from '../../native/text/error-message.ts';
import type { Probe } from '../contract/supervision.ts';
import { NotAskedError } from '../process/process-file.ts';

/**
 * Asks a service once.
 *
 * Calls `onBegun` when the question reaches the service. Resolves with null when the service works, else with the reason in
 * a few words. A rejection is a reason too, except `NotAskedError`. Settles when no child and no descriptor of the question
 * is left; an abort makes it settle soon.
 */
export type Ask = (signal: AbortSignal, onBegun: () => void) => Promise<string | null>;

export type AskingRules = Pick<Probe, 'intervalMs' | 'timeoutMs' | 'retries'>;

export type Verdict = 'works' | 'fails';

interface Schedule {
	/** When the next question is due. */
	readonly dueMs: number;
	/** The question that has not ended. The next one waits for it, so that questions never pile up. */
	readonly open: OpenQuestion | null;
	/** Failures in a row. */
	readonly failures: number;
	/** The verdict of the last report. */
	readonly verdict: Verdict | null;
}

interface OpenQuestion {
	/** Null until the question reaches the service: the time that PID 1 and containerd take is not the service's fault. */
	readonly begunMs: number | null;
	/** When the missing answer last counted as a failure. */
	readonly lateMs: number | null;
}

type ScheduleEvent =
	| { readonly event: 'time' }
	| { readonly event: 'begun' }
	/** The question has ended. */
	| { readonly event: 'answer'; readonly answer: 'works' | 'not-asked' | { readonly fails: string } };

type ScheduleAction =
	| { readonly action: 'ask' }
	/** The question has exceeded `timeoutMs`. */
	| { readonly action: 'abort' }
	| { readonly action: 'report'; readonly verdict: 'works' }
	| { readonly action: 'report'; readonly verdict: 'fails'; readonly reason: string };

interface ScheduleStep {
	readonly schedule: Schedule;
	readonly actions: readonly ScheduleAction[];
}

/** The longest time that Node's timers take; they turn a longer one into 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

export function startSchedule(firstMs: number): Schedule {
	return { dueMs: firstMs, open: null, failures: 0, verdict: null };
}

/**
 * Call it for each event, and with `time` when `nextStepMs` has come. Reports the first success, `retries` failures in a row,
 * and the first success after those.
 */
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

/** Returns when `step` is due if no event comes before; Infinity when only an event can continue the schedule. */
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

/** Calls `report` with null or the reason of a failure, never before this function returns. */
export function askRepeatedly(
	ask: Ask,
	rules: AskingRules,
	firstMs: number,
	clock: { now(): number },
	report: (reason: string | null) => void,
): { stop(): void } {
	let schedule = startSchedule(firstMs);
	let question: AbortController | null = null;
	let timer: NodeJS.Timeout | undefined;
	let stopped = false;

	function handle(event: ScheduleEvent): void {
		if (stopped) return;
		const after = step(schedule, event, clock.now(), rules);
		schedule = after.schedule;
		for (const action of after.actions) {
			if (action.action === 'ask') begin();
			else if (action.action === 'abort') question?.abort();
			else report(action.verdict === 'works' ? null : action.reason);
			// `report` may have stopped the probe.
			if (stopped) return;
		}
		arm();
	}

	function begin(): void {
		const controller = new AbortController();
		question = controller;
		const asked = ask(controller.signal, () => handle({ event: 'begun' }));
		asked.then(
			(reason) => handle({ event: 'answer', answer: reason === null ? 'works' : { fails: reason } }),
			(error: unknown) => handle({ event: 'answer', answer: answerOf(error) }),
		);
	}

	function arm(): void {
		clearTimeout(timer);
		const waitMs = nextStepMs(schedule, rules) - clock.now();
		if (waitMs === Number.POSITIVE_INFINITY) return;
		timer = setTimeout(() => handle({ event: 'time' }), asTimerMs(waitMs));
	}

	arm();
	return {
		stop() {
			stopped = true;
			clearTimeout(timer);
			question?.abort();
		},
	};
}

/** Returns a time for Node's timers: whole milliseconds, not too early. The caller checks the clock when the timer fires. */
export function asTimerMs(waitMs: number): number {
	return Math.min(Math.max(0, Math.ceil(waitMs)), longestTimerMs);
}

function answerOf(error: unknown): 'not-asked' | { readonly fails: string } {
	if (error instanceof NotAskedError) return 'not-asked';
	return { fails: errorMessage(error) };
}
