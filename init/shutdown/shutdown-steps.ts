// Steps with time limits, one after the other, in no more than the sum of those limits. A step that ends early gives its
// rest to nobody: the end of the whole moves forward with it.

import { errorMessage } from '../../native/text/error-message.ts';
import type { Log } from '../../supervisor/context/log.ts';
import type { StepProgress } from '../process/boot-state.ts';

export interface Step {
	readonly what: string;
	readonly limitMs: number;
	/** @param leftMs - what is left of the limit: less, when PID 1 has crashed in the middle of it */
	readonly run: (leftMs: number) => void | Promise<void>;
}

export interface StepSurroundings {
	readonly log: Log;
	readonly nowMs: () => number;
	/** Before each step and after the last one. */
	readonly note: (progress: StepProgress) => void;
}

export function sumOfLimitsMs(steps: readonly Step[]): number {
	return steps.reduce((sum, { limitMs }) => sum + limitMs, 0);
}

/**
 * What fails or takes too long is told, and the next one runs.
 *
 * @param stepsDone - before a crash of PID 1
 * @param endsAtMs - as noted before it; null at the first time
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
		endMs = Math.min(endMs, nowMs() + sumOfLimitsMs(left.slice(index)));
		note({ stepsDone: [...done], endsAtMs: endMs });
		const leftMs = endMs - sumOfLimitsMs(left.slice(index + 1)) - nowMs();
		try {
			await runStep(step, leftMs);
		} catch (error) {
			const reason = errorMessage(error);
			log.error({ stage: 'shutdown' }, `${step.what}: ${reason}`);
		}
		done.push(step.what);
	}
	note({ stepsDone: done, endsAtMs: Math.min(endMs, nowMs()) });
}

async function runStep(step: Step, leftMs: number): Promise<void> {
	const tooLong = new Error(`not done after ${step.limitMs / 1000} s`);
	if (leftMs <= 0) throw tooLong;
	const { promise, reject } = Promise.withResolvers<never>();
	const timer = setTimeout(() => reject(tooLong), leftMs);
	try {
		await Promise.race([step.run(leftMs), promise]);
	} finally {
		clearTimeout(timer);
	}
}
