// The state of one supervised service in PID 1's memory. The functions of run-container.ts, service-end.ts and
// service-actions.ts take it as their first argument; only its state machine (service-state.ts) decides what happens.

import { errorMessage } from '../../native/text/error-message.ts';
import { type Bundle, readBundle } from '../bundle/bundle.ts';
import type { Containerd } from '../containerd/containerd-process.ts';
import { createServiceContainer, type ServiceContainer } from '../containerd/service-container.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import type { GuestPaths } from '../contract/layout.ts';
import type { ServiceRules } from '../contract/supervision.ts';
import type { ServiceLog } from '../logs/service-log.ts';
import type { NetworkRules } from '../network/network-rules.ts';
import type { Semaphore } from './semaphore.ts';
import { openServiceOutput } from './service-output.ts';
import type { ServiceProbes } from './service-probes.ts';
import type { RecordStore } from './service-record.ts';
import type { ServiceEvent } from './service-state.ts';

/** What a service needs of the other services and of the system. */
export interface ServiceSurroundings {
	/** Returns what the service waits for, in words, or null. */
	blockedBy(rules: ServiceRules): string | null;
	/** The phase of the service has changed. */
	onChange(): void;
	/** containerd has answered or done something for this service. */
	noteContainerdActivity(): void;
	/** Returns when containerd was last active, for any service, in milliseconds of CLOCK_MONOTONIC. */
	containerdActiveAtMs(): number;
	/** Limits how many services start at the same time. */
	readonly starts: Semaphore;
	/** A service with a network starts when they are in force. */
	readonly networkRules: Pick<NetworkRules, 'renew' | 'require'>;
	readonly startTimeouts: StartTimeouts;
	/** The service has ended too often, and its rules end the system for that. */
	power(action: 'reboot' | 'poweroff', reason: string): void;
}

/** The times that containerd has for one step of a start: an emulated or a busy machine takes long, and its start succeeds. */
export interface StartTimeouts {
	/** The service is reported as late, and no request waits for it any longer. */
	readonly lateMs: number;
	/** The start counts as failed, and what is there of it is removed. */
	readonly lostMs: number;
}

export interface LoadedBundle {
	readonly bundle: Bundle;
	readonly container: ServiceContainer;
}

export interface ServiceUnit {
	readonly name: string;
	/** The bundle's directory. */
	readonly folder: string;
	readonly rules: ServiceRules;
	readonly logPath: string;
	readonly context: SupervisorContext;
	readonly paths: GuestPaths;
	readonly containerd: Containerd;
	readonly surroundings: ServiceSurroundings;
	/** The part of the state that outlives a crash of PID 1. */
	readonly store: RecordStore;
	readonly probes: ServiceProbes;
	/** Passes an event to the state machine and starts the actions that follow from it. */
	readonly dispatch: (event: ServiceEvent) => void;
	/** Is null until the bundle is needed for the first time. */
	loaded: LoadedBundle | null;
	/** Is null until the container is started or found for the first time, and after `finish`. */
	output: ServiceLog | null;
	/** Ends the last attempt to start the container; null before the first one. */
	launching: AbortController | null;
	/** The starts and removals of the container that were begun, one after the other. Never rejects. */
	containerWork: Promise<void>;
	/** Runs in phase `backoff`. */
	retryTimer: NodeJS.Timeout | undefined;
	/** Runs from the signal to end until SIGKILL. */
	graceTimer: NodeJS.Timeout | undefined;
	/** The last process that was sent SIGKILL. */
	killedPid: number | null;
}

/** Reads the bundle once. Throws `ShapeError` or a file system's error. */
export function loadBundle(unit: ServiceUnit): LoadedBundle {
	if (unit.loaded === null) {
		const bundle = readBundle(unit.folder);
		const container = createServiceContainer(
			unit.name,
			bundle.runtime.namespace,
			unit.containerd,
			unit.context.native,
		);
		unit.loaded = { bundle, container };
	}
	return unit.loaded;
}

/** Opens the service's log and its FIFOs once; they stay open between two runs of the container. */
export function openOutput(unit: ServiceUnit): void {
	unit.output ??= openServiceOutput(unit.context, unit.paths, unit.name, unit.rules.log);
}

/** Removes the container, so that its name is free for another start. Best effort. */
export async function removeContainer(unit: ServiceUnit, container: ServiceContainer): Promise<void> {
	const { name, context } = unit;
	unit.output?.drain();
	try {
		await container.remove();
		unit.surroundings.noteContainerdActivity();
	} catch (error) {
		context.log.debug({ service: name }, `service ${name}: could not be removed: ${errorMessage(error)}`);
	}
	unit.output?.end();
}

/** Runs work that no caller waits for. An error, which only a fault of PID 1 causes, makes the service unusable. */
export async function runInBackground(
	{ name, context, dispatch }: Pick<ServiceUnit, 'name' | 'context' | 'dispatch'>,
	work: Promise<void>,
): Promise<void> {
	try {
		await work;
	} catch (error) {
		const reason = errorMessage(error);
		context.log.error({ service: name }, `service ${name} is no longer supervised: ${reason}`);
		dispatch({ event: 'unusable', reason });
	}
}
