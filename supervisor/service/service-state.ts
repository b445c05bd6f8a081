// The life of a service, as one table of states and events. Pure: `service.ts` carries the actions out and
// reports what came of them as further events.
//
//   stopped --start--> waiting --unblocked--> starting --started--> running --ready--> ready
//                         (or at once)            |                    |                 |
//                                                 | start-failed       | unready         | unhealthy
//                                                 |                    +---> unhealthy <-+
//                                                 v                             |  (is being ended)
//                       starting <--retry--- backoff <------- exited -----------+
//
//   any of these --stop--> stopping --exited--> stopped; --restart--> stopping --exited--> starting
//   exited, where the policy says that this was all --> stopped or failed
//   any --unusable--> failed: its bundle can't be read, so that trying again is of no use
//
// Only a service with a probe for readiness comes to `ready`; one without is ready when it runs. After a crash of PID 1
// or of containerd, `found` says that the service has been running all the while.

import { phases, type ServicePhase } from '../contract/phases.ts';
import type { ServiceRules } from '../contract/supervision.ts';
import { endsWithin, failuresInRow, isBurst, restartDelayMs } from '../process/restart-policy.ts';

export interface ServiceState {
	readonly phase: ServicePhase;
	/** The first process of the container, while there is one. */
	readonly pid: number | null;
	/** Monotonic; null unless it runs. */
	readonly startedAtMs: number | null;
	/** How often it was started again, in all. */
	readonly restarts: number;
	/** Ends in a row, for the delay. */
	readonly failures: number;
	/** Monotonic times of the last ends, oldest first; only as many as decide on a burst. */
	readonly ends: readonly number[];
	/** While `stopping`: it is to be started again when it has ended. */
	readonly restarting: boolean;
	/** Why it is where it is; null when there is nothing to say. */
	readonly reason: string | null;
}

export const initialState: ServiceState = {
	phase: 'stopped',
	pid: null,
	startedAtMs: null,
	restarts: 0,
	failures: 0,
	ends: [],
	restarting: false,
	reason: null,
};

export type ServiceEvent =
	/** `blocked`: what it has to wait for, or null. */
	| { readonly event: 'start'; readonly blocked: string | null }
	| { readonly event: 'unblocked' }
	| { readonly event: 'started'; readonly pid: number }
	| { readonly event: 'found'; readonly pid: number; readonly startedAtMs: number | null }
	| { readonly event: 'start-failed'; readonly reason: string }
	| { readonly event: 'ready' }
	/** The probe for readiness, or for health, has failed for good. */
	| { readonly event: 'unready' | 'unhealthy'; readonly reason: string }
	| { readonly event: 'exited'; readonly reason: string; readonly succeeded: boolean }
	| { readonly event: 'retry' }
	| { readonly event: 'stop' }
	| { readonly event: 'restart' }
	/** It has had its time to stop. */
	| { readonly event: 'grace-over' }
	| { readonly event: 'unusable'; readonly reason: string };

/** The actions by name, with what each one needs. */
interface ActionArguments {
	/** Create and start the container, then report `started` or `start-failed`. */
	readonly launch: unknown;
	/** Wait for the end of the container, then report `exited`. */
	readonly watch: unknown;
	/** Send the signal to end, and report `grace-over` when the time is up. */
	readonly end: unknown;
	/** Send SIGKILL. */
	readonly kill: unknown;
	/** Run this probe and no other. */
	readonly probe: { readonly what: 'ready' | 'health' | 'nothing' };
	/** Report `retry` after the delay. */
	readonly 'schedule-retry': { readonly delayMs: number };
	readonly 'cancel-retry': unknown;
	/** End the system: the service has ended too often. */
	readonly power: { readonly power: 'reboot' | 'poweroff' };
}

export type ServiceAction<A extends keyof ActionArguments = keyof ActionArguments> = {
	[Name in A]: { readonly action: Name } & ActionArguments[Name];
}[A];

export interface Transition {
	readonly state: ServiceState;
	readonly actions: readonly ServiceAction[];
}

/** Whether services that come after it may start. */
export function isReady({ phase }: ServiceState, rules: Pick<ServiceRules, 'ready'>): boolean {
	return phase === 'ready' || (phase === 'running' && rules.ready === null);
}

/** An event that has no meaning in a state (a late timer, a second stop) leaves it as it is. */
export function transition(
	state: ServiceState,
	event: ServiceEvent,
	nowMs: number,
	rules: ServiceRules,
): Transition {
	const { phase } = state;
	const stay: Transition = { state, actions: [] };
	switch (event.event) {
		case 'start':
			return start(state, event.blocked);
		case 'unblocked':
			if (phase !== 'waiting') return stay;
			return to({ ...state, phase: 'starting', reason: null }, { action: 'launch' });
		case 'retry':
			return phase === 'backoff' ? to(again(state), { action: 'launch' }) : stay;
		case 'started': {
			const running: ServiceState = { ...state, pid: event.pid, startedAtMs: nowMs, reason: null };
			if (phase === 'starting') return runs(running, rules);
			// Asked to stop while it was being created.
			if (phase === 'stopping' && state.pid === null) {
				return to({ ...state, pid: event.pid }, { action: 'watch' }, { action: 'end' });
			}
			return stay;
		}
		case 'found': {
			const { pid, startedAtMs } = event;
			if (phases[phase].isEnding) {
				return to({ ...state, pid }, { action: 'watch' }, { action: 'end' });
			}
			const found: ServiceState = { ...state, pid, startedAtMs, reason: null };
			// What was ready before PID 1 crashed need not show it again.
			return phase === 'ready'
				? to(found, { action: 'watch' }, ...probe(rules, 'health'))
				: runs(found, rules);
		}
		case 'start-failed':
			if (phase === 'starting') return ended(state, event.reason, false, nowMs, rules);
			return phase === 'stopping' && state.pid === null ? stopped(state, event.reason) : stay;
		case 'ready':
			return phase === 'running' ? to({ ...state, phase: 'ready' }, ...probe(rules, 'health')) : stay;
		case 'unready':
		case 'unhealthy':
			if (!phases[phase].isUp) return stay;
			return to({ ...state, phase: 'unhealthy', reason: event.reason }, ...probe(rules, 'nothing'), {
				action: 'end',
			});
		case 'exited': {
			const { reason, succeeded } = event;
			if (phase === 'stopping') return stopped(state, reason);
			if (phase === 'unhealthy') return ended(state, `${state.reason}; it ${reason}`, false, nowMs, rules);
			return phase === 'starting' || phases[phase].isUp
				? ended(state, reason, succeeded, nowMs, rules)
				: stay;
		}
		case 'stop':
			return stop(state, rules, false);
		case 'restart':
			return stop(state, rules, true);
		case 'grace-over':
			return phases[phase].isEnding ? to(state, { action: 'kill' }) : stay;
		case 'unusable':
			return to(
				{ ...state, ...gone, phase: 'failed', restarting: false, reason: event.reason },
				...probe(rules, 'nothing'),
			);
	}
}

const gone = { pid: null, startedAtMs: null } as const;

function to(state: ServiceState, ...actions: readonly ServiceAction[]): Transition {
	return { state, actions };
}

/** Nothing to ask, nothing to say. */
function probe({ ready, health }: ServiceRules, what: 'ready' | 'health' | 'nothing'): ServiceAction[] {
	if (ready === null && health === null) return [];
	const isAsked = what === 'ready' ? ready !== null : what === 'health' && health !== null;
	return [{ action: 'probe', what: isAsked ? what : 'nothing' }];
}

function runs(state: ServiceState, rules: ServiceRules): Transition {
	const asked = probe(rules, rules.ready === null ? 'health' : 'ready');
	return to({ ...state, phase: 'running' }, { action: 'watch' }, ...asked);
}

function start(state: ServiceState, blocked: string | null): Transition {
	switch (state.phase) {
		case 'backoff':
			return to(again(state), { action: 'cancel-retry' }, { action: 'launch' });
		case 'stopping':
			return to({ ...state, restarting: true });
		case 'stopped':
		case 'failed': {
			const fresh: ServiceState = { ...state, ...gone, failures: 0, ends: [] };
			if (blocked !== null) return to({ ...fresh, phase: 'waiting', reason: blocked });
			return to({ ...fresh, phase: 'starting', reason: null }, { action: 'launch' });
		}
		default:
			return to(state);
	}
}

function again(state: ServiceState): ServiceState {
	return { ...state, phase: 'starting', restarts: state.restarts + 1 };
}

/** @param restarting - it is started again when it has ended; what does not run is left alone */
function stop(state: ServiceState, rules: ServiceRules, restarting: boolean): Transition {
	const stopping: ServiceState = { ...state, phase: 'stopping', restarting };
	switch (state.phase) {
		case 'running':
		case 'ready':
			return to(stopping, ...probe(rules, 'nothing'), { action: 'end' });
		// It is being ended, or created, already.
		case 'unhealthy':
		case 'starting':
		case 'stopping':
			return to(stopping);
		case 'backoff':
			return restarting ? to(state) : to({ ...state, ...gone, phase: 'stopped' }, { action: 'cancel-retry' });
		case 'waiting':
		case 'failed':
			return restarting ? to(state) : to({ ...state, phase: 'stopped' });
		default:
			return to(state);
	}
}

function stopped(state: ServiceState, reason: string): Transition {
	const rested: ServiceState = { ...state, ...gone, restarting: false, failures: 0, ends: [] };
	if (state.restarting) return to({ ...again(rested), reason: null }, { action: 'launch' });
	return to({ ...rested, phase: 'stopped', reason });
}

/** It has ended by itself, or was no good. */
function ended(
	state: ServiceState,
	reason: string,
	succeeded: boolean,
	nowMs: number,
	rules: ServiceRules,
): Transition {
	const { restart } = rules;
	const failures = failuresInRow(state.failures, state.startedAtMs, nowMs, restart);
	const ends = endsWithin(state.ends, nowMs, restart);
	const rested: ServiceState = { ...state, ...gone, failures, ends, reason };
	const quiet = probe(rules, 'nothing');
	if (restart.policy === 'no' || (restart.policy === 'on-failure' && succeeded)) {
		return to({ ...rested, phase: succeeded ? 'stopped' : 'failed' }, ...quiet);
	}
	if (isBurst(ends, restart)) {
		const often = `${reason}; more than ${restart.burst} ends within ${restart.burstWindowMs / 1000} s`;
		const power = restart.onBurst === 'stop' ? [] : [{ action: 'power', power: restart.onBurst } as const];
		return to({ ...rested, phase: 'failed', reason: often }, ...quiet, ...power);
	}
	const delayMs = restartDelayMs(failures, restart);
	return to({ ...rested, phase: 'backoff' }, ...quiet, { action: 'schedule-retry', delayMs });
}
