// The phases of a service and what each one means. This table is the only place that classifies phases; the transitions
// between them are in supervisor/service/service-state.ts.

export type ServicePhase =
	| 'stopped'
	/** Waits until the services that it comes after are ready. */
	| 'waiting'
	| 'starting'
	| 'running'
	/** Runs, and its readiness probe has succeeded. */
	| 'ready'
	/** Runs, has failed a probe and is being ended. */
	| 'unhealthy'
	| 'stopping'
	/** Has ended and starts again after a pause. */
	| 'backoff'
	/** Has ended and does not start again. */
	| 'failed';

export interface PhaseFacts {
	/** It has a process that is expected to work. */
	readonly isUp: boolean;
	/** It can become ready without another failure: a service that comes after it waits without trouble. */
	readonly isOnTheWay: boolean;
	/** Its process has been asked to end. */
	readonly isEnding: boolean;
	/** It has no process, and gets none without a request. */
	readonly isFinal: boolean;
	/** It has ended against its rules. */
	readonly isFailure: boolean;
}

const none: PhaseFacts = {
	isUp: false,
	isOnTheWay: false,
	isEnding: false,
	isFinal: false,
	isFailure: false,
};

export const phases = {
	stopped: { ...none, isFinal: true },
	waiting: { ...none, isOnTheWay: true },
	starting: { ...none, isOnTheWay: true },
	running: { ...none, isUp: true, isOnTheWay: true },
	ready: { ...none, isUp: true },
	unhealthy: { ...none, isEnding: true },
	stopping: { ...none, isEnding: true },
	backoff: { ...none, isFailure: true },
	failed: { ...none, isFinal: true, isFailure: true },
} as const satisfies Readonly<Record<ServicePhase, PhaseFacts>>;

/** Checks a value from another program or from a file. */
export function isServicePhase(value: unknown): value is ServicePhase {
	return typeof value === 'string' && Object.hasOwn(phases, value);
}
