// The state machine of a service. Pure: service-actions.ts carries the actions out and reports their results as further
// events.
//
//   stopped --start--> waiting --unblocked--> starting --started--> running --ready--> ready
//                         (or at once)            |                    |                 |
//                                                 | start-failed       | unready         | unhealthy
//                                                 |                    +---> unhealthy <-+
//                                                 v                             |  (is being ended)
//                       starting <--retry--- backoff <------- exited -----------+
//
//   any of these --stop--> stopping --exited--> stopped; --restart--> stopping --exited--> starting
//   starting --start-late--> starting: containerd has its time on a slow machine, and a start that succeeds late counts
//   exited, if the policy allows no restart --> stopped or failed
//   any --unusable--> failed: its bundle can't be read, and another attempt would not help
//
// Only a service with a readiness probe reaches `ready`. A service without one is ready when it runs. After a crash of PID 1,
// `found` reports that the service has continued to run.

import { phases } from '../contract/phases.ts';
import type { ServiceRules } from '../contract/supervision.ts';
import { endsWithin, failuresInRow, isBurst, restartDelayMs } from '../process/restart-policy.ts';
import type { ServiceAction, ServiceEvent, ServiceState } from './service-state.ts';

export interface Transition {
	readonly state: ServiceState;
	readonly actions: readonly ServiceAction[];
}

/**
 * Returns the next state and the actions. An event without a meaning in a state (a late timer, a second stop) changes
 * nothing.
 */
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
			return to({ ...state, phase: 'starting', reason: null }, launch);
		case 'retry':
			return phase === 'backoff' ? to(again(state), { action: 'launch', adopt: true }) : stay;
		case 'started':
			return started(state, event.pid, nowMs, rules) ?? stay;
		case 'found':
			return found({ ...state, pid: event.pid }, event.startedAtMs, rules);
		case 'start-late':
			return phase === 'starting' ? to({ ...state, reason: event.reason }) : stay;
		case 'start-failed':
			return startFailed(state, event.reason, nowMs, rules) ?? stay;
		case 'ready':
			return phase === 'running' ? to({ ...state, phase: 'ready' }, ...probe(rules, 'health')) : stay;
		case 'unready':
		case 'unhealthy':
			if (!phases[phase].isUp) return stay;
			return to({ ...state, phase: 'unhealthy', reason: event.reason }, ...probe(rules, 'nothing'), {
				action: 'end',
			});
		case 'exited':
			return exited(state, event.reason, event.succeeded, nowMs, rules) ?? stay;
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

function started(state: ServiceState, pid: number, nowMs: number, rules: ServiceRules): Transition | null {
	const { phase } = state;
	if (phase === 'starting') return runs({ ...state, pid, startedAtMs: nowMs, reason: null }, rules);
	// A stop was requested while the container was being created.
	if (phase === 'stopping' && state.pid === null) {
		return to({ ...state, pid }, { action: 'watch' }, { action: 'end' });
	}
	// The stop did not wait for containerd any longer.
	return phases[phase].isFinal ? to(state, { action: 'discard' }) : null;
}

function startFailed(
	state: ServiceState,
	reason: string,
	nowMs: number,
	rules: ServiceRules,
): Transition | null {
	const { phase } = state;
	if (phase === 'starting') {
		const after = ended(state, reason, false, nowMs, rules);
		// The next attempt may find that this one has succeeded late.
		if (!phases[after.state.phase].isFinal) return after;
		return to(after.state, { action: 'discard' }, ...after.actions);
	}
	if (phase === 'stopping' && state.pid === null) {
		const after = stopped(state, reason);
		return state.restarting ? after : to(after.state, { action: 'discard' }, ...after.actions);
	}
	return phases[phase].isFinal ? to(state, { action: 'discard' }) : null;
}

function found(state: ServiceState, startedAtMs: number | null, rules: ServiceRules): Transition {
	if (phases[state.phase].isEnding) return to(state, { action: 'watch' }, { action: 'end' });
	const running: ServiceState = { ...state, startedAtMs, reason: null };
	// A service that was ready before PID 1 crashed need not show it again.
	return state.phase === 'ready'
		? to(running, { action: 'watch' }, ...probe(rules, 'health'))
		: runs(running, rules);
}

function exited(
	state: ServiceState,
	reason: string,
	succeeded: boolean,
	nowMs: number,
	rules: ServiceRules,
): Transition | null {
	const { phase } = state;
	if (phase === 'stopping') return stopped(state, reason);
	if (phase === 'unhealthy') return ended(state, `${state.reason}; it ${reason}`, false, nowMs, rules);
	return phase === 'starting' || phases[phase].isUp ? ended(state, reason, succeeded, nowMs, rules) : null;
}

const gone = { pid: null, startedAtMs: null } as const;
const launch = { action: 'launch', adopt: false } as const;

function to(state: ServiceState, ...actions: readonly ServiceAction[]): Transition {
	return { state, actions };
}

/** Returns no action for a service without probes. */
function probe({ ready, health }: ServiceRules, what: 'ready' | 'health' | 'nothing'): ServiceAction[] {
	if (ready === null && health === null) return [];
	const isConfigured = what === 'ready' ? ready !== null : what === 'health' && health !== null;
	return [{ action: 'probe', what: isConfigured ? what : 'nothing' }];
}

function runs(state: ServiceState, rules: ServiceRules): Transition {
	const first = rules.ready === null ? 'health' : 'ready';
	return to({ ...state, phase: 'running' }, { action: 'watch' }, ...probe(rules, first));
}

function start(state: ServiceState, blocked: string | null): Transition {
	switch (state.phase) {
		case 'backoff':
			return to(again(state), { action: 'cancel-retry' }, { action: 'launch', adopt: true });
		case 'stopping':
			return to({ ...state, restarting: true });
		case 'stopped':
		case 'failed': {
			const fresh: ServiceState = { ...state, ...gone, failures: 0, ends: [] };
			if (blocked !== null) return to({ ...fresh, phase: 'waiting', reason: blocked });
			return to({ ...fresh, phase: 'starting', reason: null }, launch);
		}
		default:
			return to(state);
	}
}

function again(state: ServiceState): ServiceState {
	return { ...state, phase: 'starting', restarts: state.restarts + 1 };
}

/** @param restarting - the service starts again when it has ended; one that does not run stays as it is */
function stop(state: ServiceState, rules: ServiceRules, restarting: boolean): Transition {
	const stopping: ServiceState = { ...state, phase: 'stopping', restarting };
	switch (state.phase) {
		case 'running':
		case 'ready':
			return to(stopping, ...probe(rules, 'nothing'), { action: 'end' });
		// It is being ended or created already.
		case 'unhealthy':
		case 'starting':
		case 'stopping':
			return to(stopping);
		case 'backoff':
			if (restarting) return to(again(state), { action: 'cancel-retry' }, launch);
			return to({ ...state, ...gone, phase: 'stopped' }, { action: 'cancel-retry' }, { action: 'discard' });
		case 'waiting':
		case 'failed':
			return restarting ? to(state) : to({ ...state, phase: 'stopped' });
		default:
			return to(state);
	}
}

function stopped(state: ServiceState, reason: string): Transition {
	const rested: ServiceState = { ...state, ...gone, restarting: false, failures: 0, ends: [] };
	if (state.restarting) return to({ ...again(rested), reason: null }, launch);
	return to({ ...rested, phase: 'stopped', reason });
}

/** Handles an end that was not requested, or that a failed probe caused. */
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
	const stopProbes = probe(rules, 'nothing');
	if (restart.policy === 'no' || (restart.policy === 'on-failure' && succeeded)) {
		return to({ ...rested, phase: succeeded ? 'stopped' : 'failed' }, ...stopProbes);
	}
	if (isBurst(ends, restart)) {
		const tooOften = `${reason}; more than ${restart.burst} ends within ${restart.burstWindowMs / 1000} s`;
		const power = restart.onBurst === 'stop' ? [] : [{ action: 'power', power: restart.onBurst } as const];
		return to({ ...rested, phase: 'failed', reason: tooOften }, ...stopProbes, ...power);
	}
	const delayMs = restartDelayMs(failures, restart);
	return to({ ...rested, phase: 'backoff' }, ...stopProbes, { action: 'schedule-retry', delayMs });
}
