// The state of a service, the events that change it, and the actions that follow from them; service-transition.ts has the machine.

import type { ServicePhase } from '../contract/phases.ts';
import type { ServiceRules } from '../contract/supervision.ts';

export interface ServiceState {
	readonly phase: ServicePhase;
	/** The first process of the container, or null. */
	readonly pid: number | null;
	/** The time of its start, in milliseconds of CLOCK_MONOTONIC. Is null unless it runs. */
	readonly startedAtMs: number | null;
	/** The number of restarts since the boot. */
	readonly restarts: number;
	/** The number of ends in a row, for the delay. */
	readonly failures: number;
	/** The times of the last ends, oldest first. Only as many as the limit of a burst needs. */
	readonly ends: readonly number[];
	/** In phase `stopping`: the service starts again when it has ended. */
	readonly restarting: boolean;
	/** The reason for the phase, or null. */
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
	/** `blocked` names what it waits for, or is null. */
	| { readonly event: 'start'; readonly blocked: string | null }
	| { readonly event: 'unblocked' }
	| { readonly event: 'started'; readonly pid: number }
	| { readonly event: 'found'; readonly pid: number; readonly startedAtMs: number | null }
	/** The start goes on. */
	| { readonly event: 'start-late'; readonly reason: string }
	| { readonly event: 'start-failed'; readonly reason: string }
	| { readonly event: 'ready' }
	/** The readiness probe, or the health probe, has failed for good. */
	| { readonly event: 'unready' | 'unhealthy'; readonly reason: string }
	| { readonly event: 'exited'; readonly reason: string; readonly succeeded: boolean }
	| { readonly event: 'retry' }
	| { readonly event: 'stop' }
	| { readonly event: 'restart' }
	/** Its time to stop is up. */
	| { readonly event: 'grace-over' }
	| { readonly event: 'unusable'; readonly reason: string };

/** The actions by name, with what each one needs. */
interface ActionArguments {
	/**
	 * Create and start the container, then report `started` or `start-failed`. With `adopt`, the container of the attempt
	 * before is taken as it is when it runs by now: no stop or restart was requested since.
	 */
	readonly launch: { readonly adopt: boolean };
	/** Remove what a start has left, which nobody wants any more. */
	readonly discard: unknown;
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

/** Reports whether services that come after it may start. */
export function isReady({ phase }: ServiceState, rules: Pick<ServiceRules, 'ready'>): boolean {
	return phase === 'ready' || (phase === 'running' && rules.ready === null);
}
