// The life of a service, as one table of states and events. Pure: `service.ts` carries the actions out and
// reports what came of them as further events.
//
//              start            started            exited
//   stopped ---------> starting --------> running ---------> backoff --(retry)--> starting
//                          \-- start-failed ----------------/
//   any of these --stop--> stopping --(exited, start-failed)--> stopped
//   any --unusable--> failed: its bundle can't be read, so that trying again is of no use
//
// After a crash of PID 1 or of containerd, `found` says that the service has been running all the while.

import { failuresInRow, type RestartPolicy, restartDelayMs } from './restart-policy.ts';

export type ServicePhase = 'stopped' | 'starting' | 'running' | 'stopping' | 'backoff' | 'failed';

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
	/** Why it is where it is; null when there is nothing to say. */
	readonly reason: string | null;
}

export const INITIAL_STATE: ServiceState = {
	phase: 'stopped',
	pid: null,
	startedAtMs: null,
	restarts: 0,
	failures: 0,
	reason: null,
};

export type ServiceEvent =
	| { readonly event: 'start' }
	| { readonly event: 'started'; readonly pid: number }
	| { readonly event: 'found'; readonly pid: number; readonly startedAtMs: number | null }
	| { readonly event: 'start-failed'; readonly reason: string }
	| { readonly event: 'exited'; readonly reason: string }
	| { readonly event: 'retry' }
	| { readonly event: 'stop' }
	/** It has had its time to stop. */
	| { readonly event: 'grace-over' }
	| { readonly event: 'unusable'; readonly reason: string };

export type ServiceAction =
	/** Create and start the container; report `started` or `start-failed`. */
	| { readonly action: 'launch' }
	/** Wait for the container's end; report `exited`. */
	| { readonly action: 'watch' }
	| { readonly action: 'signal'; readonly signal: 'SIGTERM' | 'SIGKILL' }
	/** Report `retry` after the delay. */
	| { readonly action: 'schedule-retry'; readonly delayMs: number }
	| { readonly action: 'cancel-retry' };

export interface Transition {
	readonly state: ServiceState;
	readonly actions: readonly ServiceAction[];
}

/** An event that has no meaning in a state (a late timer, a second stop) leaves it as it is. */
export function transition(
	state: ServiceState,
	event: ServiceEvent,
	nowMs: number,
	policy: RestartPolicy,
): Transition {
	const stay: Transition = { state, actions: [] };
	const gone = { pid: null, startedAtMs: null };
	switch (event.event) {
		case 'start': {
			if (state.phase === 'stopped' || state.phase === 'failed') {
				return to({ ...state, ...gone, phase: 'starting', failures: 0, reason: null }, { action: 'launch' });
			}
			if (state.phase === 'backoff') {
				const starting = again(state);
				return to(starting, { action: 'cancel-retry' }, { action: 'launch' });
			}
			return stay;
		}
		case 'retry':
			return state.phase === 'backoff' ? to(again(state), { action: 'launch' }) : stay;
		case 'started': {
			const running = { ...state, pid: event.pid, startedAtMs: nowMs, reason: null };
			if (state.phase === 'starting') return to({ ...running, phase: 'running' }, { action: 'watch' });
			// Asked to stop while it was being created.
			if (state.phase === 'stopping' && state.pid === null) {
				return to({ ...state, pid: event.pid }, { action: 'watch' }, { action: 'signal', signal: 'SIGTERM' });
			}
			return stay;
		}
		case 'found': {
			const { pid, startedAtMs } = event;
			if (state.phase === 'stopping') {
				return to({ ...state, pid }, { action: 'watch' }, { action: 'signal', signal: 'SIGTERM' });
			}
			return to({ ...state, phase: 'running', pid, startedAtMs, reason: null }, { action: 'watch' });
		}
		case 'start-failed':
			if (state.phase === 'starting') return rest(state, event.reason, nowMs, policy);
			if (state.phase === 'stopping' && state.pid === null) {
				return to({ ...state, ...gone, phase: 'stopped', reason: event.reason });
			}
			return stay;
		case 'exited':
			if (state.phase === 'starting' || state.phase === 'running') {
				return rest(state, event.reason, nowMs, policy);
			}
			if (state.phase === 'stopping') {
				return to({ ...state, ...gone, phase: 'stopped', reason: event.reason });
			}
			return stay;
		case 'stop':
			switch (state.phase) {
				case 'running':
					return to({ ...state, phase: 'stopping' }, { action: 'signal', signal: 'SIGTERM' });
				case 'starting':
					return to({ ...state, phase: 'stopping' });
				case 'backoff':
					return to({ ...state, ...gone, phase: 'stopped' }, { action: 'cancel-retry' });
				case 'failed':
					return to({ ...state, phase: 'stopped' });
				default:
					return stay;
			}
		case 'grace-over':
			return state.phase === 'stopping' ? to(state, { action: 'signal', signal: 'SIGKILL' }) : stay;
		case 'unusable':
			return to({ ...state, ...gone, phase: 'failed', reason: event.reason });
	}
}

function to(state: ServiceState, ...actions: readonly ServiceAction[]): Transition {
	return { state, actions };
}

function again(state: ServiceState): ServiceState {
	return { ...state, phase: 'starting', restarts: state.restarts + 1 };
}

function rest(state: ServiceState, reason: string, nowMs: number, policy: RestartPolicy): Transition {
	const failures = failuresInRow(state.failures, state.startedAtMs, nowMs, policy);
	const delayMs = restartDelayMs(failures, policy);
	return to(
		{ ...state, phase: 'backoff', pid: null, startedAtMs: null, failures, reason },
		{ action: 'schedule-retry', delayMs },
	);
}
