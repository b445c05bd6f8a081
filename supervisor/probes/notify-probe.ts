// The probe `notify`: what the messages of a service mean for its readiness and its health, and when it must have sent one.
//
// Readiness: READY=1 within `intervalMs` x `retries`, as long as probes of other kinds ask; EXTEND_TIMEOUT_USEC extends that.
// Health: WATCHDOG=1 within each `intervalMs`, of which `retries` - 1 may be missed in a row; WATCHDOG_USEC changes the interval,
// and STOPPING=1 ends the watch. When an earlier PID 1 started the service, the watch begins with the first WATCHDOG=1, because a
// program that keeps its socket connected sends to the socket of the earlier PID 1.
//
// `NotifyWatch` and its functions are pure; `watchNotifications` adds the clock and the timer.

import type { NotifyMessage } from './notify-protocol.ts';
import type { NotifySocket } from './notify-socket.ts';
import { type AskingRules, asTimerMs, type Verdict } from './probe-schedule.ts';

export interface NotifyWatch {
	readonly purpose: 'ready' | 'health';
	readonly sinceMs: number;
	readonly timeoutMs: number;
	/** When the next message must have arrived; null when none is expected. */
	readonly deadlineMs: number | null;
	readonly verdict: Verdict | null;
	/** The last ERRNO=, which the reason of a failure quotes. */
	readonly errno: number | null;
}

export type NotifyReport =
	| { readonly verdict: 'works' }
	| { readonly verdict: 'fails'; readonly reason: string };

interface NotifyStep {
	readonly watch: NotifyWatch;
	readonly report: NotifyReport | null;
}

export function startNotifyWatch(
	purpose: 'ready' | 'health',
	rules: AskingRules,
	nowMs: number,
	isFound = false,
): NotifyWatch {
	const timeoutMs = rules.intervalMs * rules.retries;
	return {
		purpose,
		sinceMs: nowMs,
		timeoutMs,
		deadlineMs: isFound && purpose === 'health' ? null : nowMs + timeoutMs,
		verdict: null,
		errno: null,
	};
}

export function takeMessage(
	before: NotifyWatch,
	message: NotifyMessage,
	nowMs: number,
	rules: AskingRules,
): NotifyStep {
	const watch = message.errno === undefined ? before : { ...before, errno: message.errno };
	return watch.purpose === 'ready'
		? takeForReady(watch, message, nowMs)
		: takeForHealth(watch, message, nowMs, rules);
}

/** Call it when `deadlineMs` has come. */
export function checkDeadline(watch: NotifyWatch, nowMs: number): NotifyStep {
	if (watch.deadlineMs === null || nowMs < watch.deadlineMs) return { watch, report: null };
	const reason =
		watch.purpose === 'ready'
			? `no READY=1 in ${Math.round(nowMs - watch.sinceMs)} ms`
			: `no WATCHDOG=1 in ${watch.timeoutMs} ms`;
	return failing(watch, reason);
}

function takeForReady(watch: NotifyWatch, message: NotifyMessage, nowMs: number): NotifyStep {
	if (message.ready) return working({ ...watch, deadlineMs: null });
	const { deadlineMs } = watch;
	if (deadlineMs === null || message.extendTimeoutMs === undefined) return { watch, report: null };
	const extendedMs = Math.max(deadlineMs, nowMs + message.extendTimeoutMs);
	return { watch: { ...watch, deadlineMs: extendedMs }, report: null };
}

function takeForHealth(
	before: NotifyWatch,
	message: NotifyMessage,
	nowMs: number,
	rules: AskingRules,
): NotifyStep {
	const { watchdogMs } = message;
	const watch = watchdogMs === undefined ? before : { ...before, timeoutMs: watchdogMs * rules.retries };
	if (message.stopping) return { watch: { ...watch, deadlineMs: null }, report: null };
	if (message.watchdog === 'trigger') return failing(watch, 'it sent WATCHDOG=trigger');
	const fed = { ...watch, deadlineMs: nowMs + watch.timeoutMs };
	if (message.watchdog === 'alive') return working(fed);
	return { watch: watchdogMs === undefined ? watch : fed, report: null };
}

function working(watch: NotifyWatch): NotifyStep {
	const report: NotifyReport | null = watch.verdict === 'works' ? null : { verdict: 'works' };
	return { watch: { ...watch, verdict: 'works' }, report };
}

function failing(watch: NotifyWatch, reason: string): NotifyStep {
	const after: NotifyWatch = { ...watch, verdict: 'fails', deadlineMs: null };
	if (watch.verdict === 'fails') return { watch: after, report: null };
	const why = watch.errno === null ? reason : `${reason}; its last ERRNO was ${watch.errno}`;
	return { watch: after, report: { verdict: 'fails', reason: why } };
}

/** Calls `report` with null or the reason of a failure, never before this function returns. */
export function watchNotifications(
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
		timer = setTimeout(() => take(checkDeadline(watch, clock.now())), waitMs);
	}

	const unsubscribe = notify?.subscribe((message) => take(takeMessage(watch, message, clock.now(), rules)));
	arm();
	// The service may have sent READY=1 before the probe started.
	if (purpose === 'ready' && notify?.state().ready === true) {
		setImmediate(() => take(takeMessage(watch, { ready: true }, clock.now(), rules)));
	}
	return {
		stop() {
			stopped = true;
			clearTimeout(timer);
			unsubscribe?.();
		},
	};
}
