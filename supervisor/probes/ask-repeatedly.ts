// Carries out what probe-schedule.ts says: questions, their time limits, the timer for the next one.

import { errorMessage } from '../../native/text/error-message.ts';
import { NotAskedError } from '../process/process-file.ts';
import { type AskingRules, nextStepMs, type ScheduleEvent, startSchedule, step } from './probe-schedule.ts';
import type { Ask } from './question.ts';
import { asTimerMs } from './timer-length.ts';

/** `report` hears null, or the reason of a failure; never before this returns. */
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

	function happen(event: ScheduleEvent): void {
		if (stopped) return;
		const after = step(schedule, event, clock.now(), rules);
		schedule = after.schedule;
		for (const action of after.actions) {
			if (action.action === 'ask') put();
			else if (action.action === 'abort') question?.abort();
			else report(action.verdict === 'works' ? null : action.reason);
			// By the report.
			if (stopped) return;
		}
		arm();
	}

	function put(): void {
		const controller = new AbortController();
		question = controller;
		const asked = ask(controller.signal, () => happen({ event: 'begun' }));
		asked.then(
			(reason) => happen({ event: 'answer', answer: reason === null ? 'works' : { fails: reason } }),
			(error: unknown) => happen({ event: 'answer', answer: answerOf(error) }),
		);
	}

	function arm(): void {
		clearTimeout(timer);
		const waitMs = nextStepMs(schedule, rules) - clock.now();
		if (waitMs === Number.POSITIVE_INFINITY) return;
		timer = setTimeout(() => happen({ event: 'time' }), asTimerMs(waitMs));
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

function answerOf(error: unknown): 'not-asked' | { readonly fails: string } {
	if (error instanceof NotAskedError) return 'not-asked';
	return { fails: errorMessage(error) };
}
