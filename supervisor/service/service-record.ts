// What PID 1 must know of a service after a crash of its own: `/run/slipway/services/NAME.json`.

import type { NotedEnd } from '../containerd/service-container.ts';
import { readStateFile, writeStateFile } from '../context/state-file.ts';
import { isRecord } from '../contract/json-shape.ts';
import { isServicePhase } from '../contract/phases.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import { INITIAL_STATE, type ServiceState } from './service-state.ts';

export interface ServiceRecord {
	readonly state: ServiceState;
	/** The container's first process, for signals that don't go through containerd. */
	readonly process: ProcessIdentity | null;
	/** Monotonic: since when its phase is what it is. */
	readonly sinceMs: number;
	/** Its mounts are made. */
	readonly prepared: boolean;
	/** How it ended last, where its container may be gone already; null while it is being started or runs. */
	readonly end: NotedEnd | null;
}

const NEW_RECORD: ServiceRecord = {
	...{ state: INITIAL_STATE, process: null, sinceMs: 0, prepared: false, end: null },
};

/** `found: false` and a new record where this is its first start in this boot. */
export function readServiceRecord(path: string): { readonly found: boolean; readonly record: ServiceRecord } {
	const saved = readStateFile(path);
	const state = isRecord(saved) ? asState(saved['state']) : null;
	if (!isRecord(saved) || state === null) return { found: false, record: NEW_RECORD };
	return {
		found: true,
		record: {
			...{ state, process: asProcess(saved['process']), sinceMs: numberOrNull(saved['sinceMs']) ?? 0 },
			prepared: saved['prepared'] === true,
			end: asEnd(saved['end']),
		},
	};
}

/** False when it could not be written. */
export function writeServiceRecord(path: string, record: ServiceRecord): boolean {
	return writeStateFile(path, record);
}

function asState(value: unknown): ServiceState | null {
	if (!isRecord(value)) return null;
	const { phase, reason } = value;
	if (!isServicePhase(phase)) return null;
	return {
		phase,
		pid: numberOrNull(value['pid']),
		startedAtMs: numberOrNull(value['startedAtMs']),
		restarts: numberOrNull(value['restarts']) ?? 0,
		failures: numberOrNull(value['failures']) ?? 0,
		ends: Array.isArray(value['ends']) ? value['ends'].filter((each) => typeof each === 'number') : [],
		restarting: value['restarting'] === true,
		reason: typeof reason === 'string' ? reason : null,
	};
}

function asProcess(value: unknown): ProcessIdentity | null {
	if (!isRecord(value)) return null;
	const { pid, startTicks } = value;
	return typeof pid === 'number' && typeof startTicks === 'string' ? { pid, startTicks } : null;
}

function asEnd(value: unknown): NotedEnd | null {
	if (!isRecord(value)) return null;
	const { reason, succeeded } = value;
	return typeof reason === 'string' && typeof succeeded === 'boolean' ? { reason, succeeded } : null;
}

function numberOrNull(value: unknown): number | null {
	return typeof value === 'number' ? value : null;
}
