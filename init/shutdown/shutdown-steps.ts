// Steps with timeouts, one after the other, that together take no longer than the sum of their timeouts. The time that a
// step leaves over is not given to another: the end of the whole moves forward instead.

import { errorMessage } from '../../native/text/error-message.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { withTimeout } from '../../supervisor/process/timeout.ts';
import type { StepProgress } from '../process/boot-state.ts';

export interface Step {
	readonly what: string;
	readonly timeoutMs: number;
	/** @param leftMs - the rest of the timeout: less than all of it when PID 1 crashed in the middle of the step */
	readonly run: (leftMs: number) => void | Promise<void>;
}

interface StepSurroundings {
	readonly log: Log;
	readonly nowMs: () => number;
	/** Called before each step and after the last one. */
	readonly note: (progress: StepProgress) => void;
}

export function sumOfTimeoutsMs(steps: readonly Step[]): number {
	return steps.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
}

/**
 * Logs a step that fails or takes too long, and runs the next one.
 *
 * @param stepsDone - the steps that were done before a crash of PID 1
 * @param endsAtMs - as noted before the crash; null when there was none
 */
export async function runSteps(
	steps: readonly Step[],
	stepsDone: readonly string[],
	endsAtMs: number | null,
	{ log, nowMs, note }: StepSurroundings,
): Promise<void> {
	const done = [...stepsDone];
	const left = steps.filter(({ what }) => !done.includes(what));
	let endMs = endsAtMs ?? Number.POSITIVE_INFINITY;
	for (const [index, step] of left.entries()) {
		endMs = Math.min(endMs, nowMs() + sumOfTimeoutsMs(left.slice(index)));
		note({ stepsDone: [...done], endsAtMs: endMs });
		const leftMs = endMs - sumOfTimeoutsMs(left.slice(index + 1)) - nowMs();
		try {
			await runStep(step, leftMs);
		} catch (error) {
			log.error({ stage: 'shutdown' }, `${step.what}: ${errorMessage(error)}`);
		}
		done.push(step.what);
	}
	note({ stepsDone: done, endsAtMs: Math.min(endMs, nowMs()) });
}

async function runStep(step: Step, leftMs: number): Promise<void> {
	const tooLate = (): Error => new Error(`not done after ${step.timeoutMs / 1000} s`);
	if (leftMs <= 0) throw tooLate();
	// In a microtask, so that the timer starts before the step does.
	const run = Promise.resolve().then(() => step.run(leftMs));
	await withTimeout(run, leftMs, tooLate);
}
