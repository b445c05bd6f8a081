// The containers' whole life in the guest, on one screen: onboot, containerd, services, onshutdown.
//
// Every method may be called again after a crash of PID 1 (`--resumed`): each reads what is already done from
// `/run/slipway/` and goes on from there. A service that runs is never restarted by that.

import type { Native } from '../../native/native.ts';
import type { ChildProcesses } from './child-processes.ts';
import type { ServiceProcess, ServiceStatus } from '../contract/protocol.ts';
import type { Log } from './log.ts';

export interface SupervisorContext {
	readonly native: Native;
	readonly children: ChildProcesses;
	readonly log: Log;
	/** Milliseconds of CLOCK_MONOTONIC. */
	now(): number;
	/** Asks for the end of the system, because of a container. */
	power(action: 'reboot' | 'poweroff' | 'halt', reason: string): void;
}

/** A service as somebody at the machine handles it. */
export interface ControlledService {
	readonly name: string;
	status(): ServiceStatus;
	/** Null when it has none; throws where its bundle can't be read. */
	process(): ServiceProcess | null;
	/** Resolves once it runs, waits for another or has failed. */
	start(): Promise<void>;
	/** It is not started again until somebody does; what it has written stays. Bounded. */
	stop(): Promise<void>;
	restart(): Promise<void>;
	/** False when it has no process. */
	signal(signal: NodeJS.Signals): boolean;
}

export interface Supervisor {
	/** The onboot containers in the order of their folders; a failure is told loudly and, unless the bundle
	 * says otherwise, the next one runs. */
	runOnboot(): Promise<void>;
	/**
	 * No further onboot container; SIGTERM to the one that runs, SIGKILL after `graceMs`. Bounded, also right when
	 * none runs, and when it was started before a crash of PID 1.
	 */
	stopOnboot(graceMs: number): Promise<void>;
	/** containerd, then every service; resolves once each of them runs or has failed for the first time. */
	startServices(): Promise<void>;
	/** No more restarts; every service is asked to end, those that come after others first, each within its own time;
	 * then containerd. */
	stopServices(): Promise<void>;
	/** In the order of their names. */
	services(): readonly ControlledService[];
	/** How long `stopServices` takes at most. */
	stopLimitMs(): number;
	hasOnshutdown(): boolean;
	/** The onshutdown containers, in order, together within `limitMs`. */
	runOnshutdown(limitMs: number): Promise<void>;
}
