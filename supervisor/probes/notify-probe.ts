// Listens to what the service says of itself, with the deadlines of notify-watch.ts.

import type { NotifySocket } from './notify-socket.ts';
import { hearMessage, letTimePass, type NotifyStep, startNotifyWatch } from './notify-watch.ts';
import type { AskingRules } from './probe-schedule.ts';
import { asTimerMs } from './timer-length.ts';

/** `report` hears null, or the reason of a failure; never before this returns. */
export function listenToService(
	rules: AskingRules,
	target: {
		readonly purpose: 'ready' | 'health';
		readonly notify: NotifySocket | null;
		readonly isFound?: boolean;
	},
	clock: { now(): number },
	report: (reason: string | null) => void,
): { stop(): void } {
	const { purpose, notify } = target;
	let watch = startNotifyWatch(purpose, rules, clock.now(), target.isFound);
	let timer: NodeJS.Timeout | undefined;
	let stopped = false;

	function take(after: NotifyStep): void {
		if (stopped) return;
		watch = after.watch;
		arm();
		if (after.report !== null) report(after.report.verdict === 'works' ? null : after.report.reason);
	}

	function arm(): void {
		clearTimeout(timer);
		if (watch.deadlineMs === null) return;
		const waitMs = asTimerMs(watch.deadlineMs - clock.now());
		timer = setTimeout(() => take(letTimePass(watch, clock.now())), waitMs);
	}

	const unsubscribe = notify?.subscribe((message) => take(hearMessage(watch, message, clock.now(), rules)));
	arm();
	// It may have been ready before anybody asked.
	if (purpose === 'ready' && notify?.said().ready === true) {
		setImmediate(() => take(hearMessage(watch, { ready: true }, clock.now(), rules)));
	}
	return {
		stop() {
			stopped = true;
			clearTimeout(timer);
			unsubscribe?.();
		},
	};
}
