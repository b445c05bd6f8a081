// Ends a service's process: sends the signal, SIGKILL when its time is up, and checks the process itself, since
// containerd may hang or be gone.

import { phases } from '../contract/phases.ts';
import type { ServiceRules } from '../contract/supervision.ts';
import { identifyProcess, signalProcess } from '../process/process-identity.ts';
import { terminate } from '../process/terminate.ts';
import { within } from '../process/timeout.ts';
import { runInBackground, type ServiceUnit } from './service-unit.ts';

/** The time after SIGKILL for the kernel to end the processes and for containerd to report it. */
const killTimeoutMs = 2000;
const stopPollMs = 100;
/** The time for containerd to report the end of a process that is gone, and to remove the container. Each sign of
 * activity starts it again: with many services containerd has much to do. */
const reportTimeoutMs = 2000;
const maxReportTimeoutMs = 10_000;
const unreportedEnd = { reason: 'ended; containerd does not answer', succeeded: false } as const;
/** The time for containerd to remove what a start has left that was not waited for. */
export const discardTimeoutMs = 2000;
/** The longest time that a stop takes in addition to the service's own `stop.timeoutMs`. */
export const stopMarginMs = killTimeoutMs + maxReportTimeoutMs + discardTimeoutMs;

/** The part of `ServiceUnit` that these functions use. */
export interface EndingUnit extends Pick<ServiceUnit, 'name' | 'context' | 'dispatch'> {
	readonly rules: Pick<ServiceRules, 'stop'>;
	readonly store: Pick<ServiceUnit['store'], 'current' | 'until'>;
	readonly surroundings: Pick<ServiceUnit['surroundings'], 'containerdActiveAtMs'>;
	graceTimer: NodeJS.Timeout | undefined;
	killedPid: number | null;
}

/** Sends the signal to end, and dispatches `grace-over` when the time is up. */
export function askToEnd(unit: EndingUnit): void {
	const { context, rules, store, dispatch } = unit;
	clearTimeout(unit.graceTimer);
	unit.graceTimer = setTimeout(() => dispatch({ event: 'grace-over' }), rules.stop.timeoutMs);
	const { process } = store.current();
	if (process === null) return;
	const isWanted = () => phases[store.current().state.phase].isEnding;
	void runInBackground(unit, terminate(context.native, process, isWanted, rules.stop.signal));
}

/** Sends SIGKILL to the process. */
export function kill(unit: EndingUnit): void {
	const { name, context, rules, store } = unit;
	const { process } = store.current();
	if (process === null) return;
	if (process.pid !== unit.killedPid) {
		const { timeoutMs } = rules.stop;
		context.log.warn({ service: name }, `service ${name} did not end in ${timeoutMs} ms and is killed`);
	}
	unit.killedPid = process.pid;
	signalProcess(context.native, process, 'SIGKILL');
}

/** Stops the service, by SIGKILL in the end. Takes at most `stop.timeoutMs` and `stopMarginMs`. */
export async function halt(unit: EndingUnit): Promise<void> {
	const { name, context, rules, store, dispatch } = unit;
	const { state, sinceMs } = store.current();
	// A stop that began before a crash of PID 1 does not get its time again.
	const usedMs = state.phase === 'stopping' ? context.now() - sinceMs : 0;
	dispatch({ event: 'stop' });
	if (!(await stopsWithin(unit, rules.stop.timeoutMs - usedMs))) {
		dispatch({ event: 'grace-over' });
		if (!(await stopsWithin(unit, killTimeoutMs))) {
			context.log.error({ service: name }, `service ${name} does not end, not even by SIGKILL`);
		}
	}
	clearTimeout(unit.graceTimer);
}

/** The process has until the timeout. From the moment that it is gone, containerd has its own time to report that. */
async function stopsWithin(unit: EndingUnit, timeoutMs: number): Promise<boolean> {
	const { context, store, dispatch } = unit;
	const deadlineMs = context.now() + timeoutMs;
	let goneSinceMs: number | null = null;
	for (;;) {
		const untilMs = goneSinceMs === null ? deadlineMs : reportDeadlineMs(unit, goneSinceMs);
		const stopped = store.until((state) => state.phase === 'stopped');
		const waited = await within(stopped, Math.min(stopPollMs, untilMs - context.now()));
		if (waited.done) return true;
		if (goneSinceMs === null && isProcessGone(unit)) {
			goneSinceMs = context.now();
		} else if (context.now() >= untilMs) {
			if (goneSinceMs === null) return false;
			// containerd has often told how it ended, and is slow to remove the container, for which it starts programs.
			dispatch({ event: 'exited', ...(store.current().end ?? unreportedEnd) });
			return true;
		}
	}
}

function reportDeadlineMs({ surroundings }: EndingUnit, goneSinceMs: number): number {
	const silentSinceMs = Math.max(goneSinceMs, surroundings.containerdActiveAtMs());
	return Math.min(silentSinceMs + reportTimeoutMs, goneSinceMs + maxReportTimeoutMs);
}

/** Reports whether the container's first process has ended, or is not known. */
export function isProcessGone({ store }: Pick<EndingUnit, 'store'>): boolean {
	const { process } = store.current();
	return process === null || identifyProcess(process.pid)?.startTicks !== process.startTicks;
}
