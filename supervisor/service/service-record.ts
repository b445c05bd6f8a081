// The part of a service's state that PID 1 needs after its own crash, in `/run/slipway/services/NAME.json`.

import type { NotedEnd } from '../containerd/service-container.ts';
import { readStateFile, writeStateFile } from '../context/state-file.ts';
import { isRecord } from '../contract/json-shape.ts';
import { isServicePhase } from '../contract/phases.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import { initialState, type ServiceState } from './service-state.ts';

export interface ServiceRecord {
	readonly state: ServiceState;
	/** The container's first process, for signals that do not go through containerd. */
	readonly process: ProcessIdentity | null;
	/** The time of the last change of phase, in milliseconds of CLOCK_MONOTONIC. */
	readonly sinceMs: number;
	/** The bundle's mounts exist. */
	readonly prepared: boolean;
	/** The last end of the container, which may be removed already; null while it starts or runs. */
	readonly end: NotedEnd | null;
	/** Its bundle is being replaced, after which it starts, whatever was before. */
	readonly replacing: boolean;
}

export interface RecordStore {
	/** An earlier PID 1 of this boot wrote the record. */
	readonly wasFound: boolean;
	current(): ServiceRecord;
	save(change: Partial<ServiceRecord>): void;
	/** Resolves once `isReached` holds for the state, at once if it does already. */
	until(isReached: (state: ServiceState) => boolean): Promise<void>;
}

const newRecord: ServiceRecord = {
	state: initialState,
	process: null,
	sinceMs: 0,
	prepared: false,
	end: null,
	replacing: false,
};

/** @param onUnwritten - called when a record can't be written to `path` and the one before it could */
export function openRecordStore(path: string, onUnwritten: () => void): RecordStore {
	const found = readRecord(path);
	let record = found ?? newRecord;
	let isWritten = true;
	let changed = Promise.withResolvers<void>();
	return {
		wasFound: found !== null,
		current: () => record,
		save(change) {
			record = { ...record, ...change };
			const wasWritten = isWritten;
			isWritten = writeStateFile(path, record);
			if (!isWritten && wasWritten) onUnwritten();
			changed.resolve();
			changed = Promise.withResolvers<void>();
		},
		async until(isReached) {
			while (!isReached(record.state)) await changed.promise;
		},
	};
}

/** Returns null when there is no usable record: the service starts for the first time in this boot. */
function readRecord(path: string): ServiceRecord | null {
	const saved = readStateFile(path);
	const state = isRecord(saved) ? asState(saved['state']) : null;
	if (!isRecord(saved) || state === null) return null;
	return {
		state,
		process: asProcess(saved['process']),
		sinceMs: numberOrNull(saved['sinceMs']) ?? 0,
		prepared: saved['prepared'] === true,
		end: asEnd(saved['end']),
		replacing: saved['replacing'] === true,
	};
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
