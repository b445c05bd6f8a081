// Runs the boot stages in order. Each is timed, logged and, once done, not run again in this boot.

import { errorMessage } from '../../native/text/error-message.ts';
import { withTimeout } from '../../supervisor/process/timeout.ts';
import type { Stage, StageContext } from './stage.ts';

/**
 * Returns false when a fatal stage has failed; the stages after it do not run.
 *
 * @param afterEach - called after each stage, e.g. to open devices that now exist
 */
export async function runStages(
	stages: readonly Stage[],
	context: StageContext,
	nowMs: () => number,
	afterEach: () => void,
): Promise<boolean> {
	for (const stage of stages) {
		const passed = context.state.isStageDone(stage.name)
			? await resumeStage(stage, context)
			: await runStage(stage, context, nowMs);
		afterEach();
		if (!passed && stage.fatal) return false;
	}
	return true;
}

/** Runs the deferred work of the stages. */
export function runDeferred(when: 'soon' | 'later', stages: readonly Stage[], context: StageContext): void {
	for (const stage of stages) {
		try {
			stage[when]?.(context);
		} catch (error) {
			const reason = errorMessage(error);
			context.log.warn({ stage: stage.name }, reason);
		}
	}
}

async function runStage(stage: Stage, context: StageContext, nowMs: () => number): Promise<boolean> {
	const startedAt = nowMs();
	const durationMs = (): number => Math.round(nowMs() - startedAt);
	try {
		const result = await withTimeout(Promise.resolve(stage.run(context)), stage.timeoutMs, () =>
			tooLate(stage),
		);
		context.state.markStageDone(stage.name);
		const event = { event: 'stage', stage: stage.name, durationMs: durationMs() } as const;
		if (result.state === 'done') context.log.event({ ...event, state: 'done' }, result.message);
		else {
			context.log.event(
				{ ...event, state: 'skipped', reason: result.reason },
				`not needed: ${result.reason}`,
			);
		}
		return true;
	} catch (error) {
		const reason = errorMessage(error);
		context.log.event(
			{ event: 'stage', stage: stage.name, state: 'failed', durationMs: durationMs(), reason },
			reason,
		);
		// A stage that is not fatal is not tried again after a crash either.
		if (!stage.fatal) context.state.markStageDone(stage.name);
		return false;
	}
}

async function resumeStage(stage: Stage, context: StageContext): Promise<boolean> {
	try {
		await stage.resume?.(context);
		return true;
	} catch (error) {
		const reason = errorMessage(error);
		context.log.error({ stage: stage.name }, `not resumed: ${reason}`);
		return false;
	}
}

function tooLate({ timeoutMs }: Stage): Error {
	return new Error(`not done after ${timeoutMs / 1000} s; going on without it`);
}
