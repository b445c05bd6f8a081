// Keeps in `/run/slipway` which onboot (or onshutdown) containers have ended and which one runs, for a PID 1 that has
// crashed.

import { readStateFile, writeStateFile } from '../context/state-file.ts';
import { isRecord } from '../contract/json-shape.ts';

/** The container that runs. `pid` is null until its process is known. */
export interface RunningOneShot {
	readonly name: string;
	readonly pid: number | null;
	readonly startedAtMs: number;
}

export interface OneShotProgress {
	isDone(name: string): boolean;
	/** Returns the container that an earlier PID 1 left running, or null. */
	running(): RunningOneShot | null;
	begin(running: RunningOneShot): void;
	end(name: string): void;
}

export function openProgress(path: string): OneShotProgress {
	const saved = readStateFile(path);
	const done = new Set<string>(isRecord(saved) ? strings(saved['done']) : []);
	let running = isRecord(saved) ? asRunning(saved['running']) : null;
	const save = () => writeStateFile(path, { done: [...done], running });
	return {
		isDone: (name) => done.has(name),
		running: () => running,
		begin(next) {
			running = next;
			save();
		},
		end(name) {
			done.add(name);
			running = null;
			save();
		},
	};
}

function strings(value: unknown): string[] {
	return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}

function asRunning(value: unknown): RunningOneShot | null {
	if (!isRecord(value)) return null;
	const { name, pid, startedAtMs } = value;
	if (typeof name !== 'string' || typeof startedAtMs !== 'number') return null;
	return { name, pid: typeof pid === 'number' ? pid : null, startedAtMs };
}
