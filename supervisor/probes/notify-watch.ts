// What the messages of a service mean for its readiness and its health, and until when it must have sent one.
// Pure: the caller has the clock.
//
// Ready: READY=1 within `intervalMs` x `retries`, as long as the other kinds of probes ask;
// EXTEND_TIMEOUT_USEC moves that. Health: WATCHDOG=1 within each `intervalMs`, `retries` of which may be missed
// but for the last; WATCHDOG_USEC sets another interval, STOPPING=1 is the end of it. Where an earlier PID 1 has started
// the service, the first WATCHDOG=1 sets it going: a program that keeps its socket connected speaks to the dead one's.

import type { NotifyMessage } from './notify-message.ts';
import type { AskingRules, Verdict } from './probe-schedule.ts';

export interface NotifyWatch {
	readonly purpose: 'ready' | 'health';
	readonly sinceMs: number;
	readonly limitMs: number;
	/** Null: nothing is waited for. */
	readonly deadlineMs: number | null;
	readonly verdict: Verdict | null;
	/** The last ERRNO=, for the reason of a failure. */
	readonly errno: number | null;
}

export type NotifyReport =
	| { readonly verdict: 'works' }
	| { readonly verdict: 'fails'; readonly reason: string };

export interface NotifyStep {
	readonly watch: NotifyWatch;
	readonly report: NotifyReport | null;
}

export function startNotifyWatch(
	purpose: 'ready' | 'health',
	rules: AskingRules,
	nowMs: number,
	isFound = false,
): NotifyWatch {
	const limitMs = rules.intervalMs * rules.retries;
	return {
		purpose,
		sinceMs: nowMs,
		limitMs,
		deadlineMs: isFound && purpose === 'health' ? null : nowMs + limitMs,
		verdict: null,
		errno: null,
	};
}

export function hearMessage(
	before: NotifyWatch,
	message: NotifyMessage,
	nowMs: number,
	rules: AskingRules,
): NotifyStep {
	const watch = message.errno === undefined ? before : { ...before, errno: message.errno };
	return watch.purpose === 'ready'
		? hearForReady(watch, message, nowMs)
		: hearForHealth(watch, message, nowMs, rules);
}

/** To be called when `deadlineMs` has come. */
export function letTimePass(watch: NotifyWatch, nowMs: number): NotifyStep {
	if (watch.deadlineMs === null || nowMs < watch.deadlineMs) return { watch, report: null };
	const reason =
		watch.purpose === 'ready'
			? `no READY=1 in ${Math.round(nowMs - watch.sinceMs)} ms`
			: `no WATCHDOG=1 in ${watch.limitMs} ms`;
	return failing(watch, reason);
}

function hearForReady(watch: NotifyWatch, message: NotifyMessage, nowMs: number): NotifyStep {
	if (message.ready) return working({ ...watch, deadlineMs: null });
	const { deadlineMs } = watch;
	if (deadlineMs === null || message.extendTimeoutMs === undefined) return { watch, report: null };
	const extendedMs = Math.max(deadlineMs, nowMs + message.extendTimeoutMs);
	return { watch: { ...watch, deadlineMs: extendedMs }, report: null };
}

function hearForHealth(
	before: NotifyWatch,
	message: NotifyMessage,
	nowMs: number,
	rules: AskingRules,
): NotifyStep {
	const { watchdogMs } = message;
	const watch = watchdogMs === undefined ? before : { ...before, limitMs: watchdogMs * rules.retries };
	if (message.stopping) return { watch: { ...watch, deadlineMs: null }, report: null };
	if (message.watchdog === 'trigger') return failing(watch, 'it said WATCHDOG=trigger');
	const fed = { ...watch, deadlineMs: nowMs + watch.limitMs };
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
