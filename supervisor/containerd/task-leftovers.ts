// Removes what a broken start leaves in containerd. containerd stops waiting after its own timeouts, which a slow machine
// exceeds, and keeps the directory of a task that it does not know. Every later start of that name then fails with
// "mkdir …: file exists" (runtime/v2/bundle.go of containerd 1.6).

import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import { readStateFile } from '../context/state-file.ts';
import { isRecord } from '../contract/json-shape.ts';
import { containerdFolders } from '../contract/layout.ts';
import { identifyProcess, type ProcessIdentity, signalProcess } from '../process/process-identity.ts';
import { isGrpcError } from './grpc-error.ts';

const endTimeoutMs = 5000;
const pollMs = 20;

/**
 * Returns the task's directory that containerd complains about, or null for any other error. containerd is asked for a
 * task of this name and namespace only, so no other directory is ever named.
 */
export function leftoverOf(error: unknown, namespace: string, name: string): string | null {
	if (!isGrpcError(error, 'UNKNOWN', 'ALREADY_EXISTS')) return null;
	const path = /mkdir (\/\S+): file exists/.exec(error.details)?.[1];
	return path?.endsWith(`/io.containerd.runtime.v2.task/${namespace}/${name}`) ? path : null;
}

/** Ends what is left of a task that containerd does not know, and removes its directory and runc's record of it. */
export async function removeLeftover(path: string, native: Pick<Native, 'kill'>): Promise<void> {
	const name = basename(path);
	const namespace = basename(dirname(path));
	// The shim's own default, whatever containerd's state directory is.
	const runcState = join(containerdFolders.state, 'runc', namespace, name);
	const left = [...shims(namespace, name), ...firstProcess(runcState)];
	for (const process of left) signalProcess(native, process, 'SIGKILL');
	// PID 1's reaper collects their exits.
	for (let waitedMs = 0; waitedMs < endTimeoutMs && left.some(isThere); waitedMs += pollMs)
		await pause(pollMs);
	rmSync(runcState, { recursive: true, force: true });
	rmSync(path, { recursive: true, force: true });
}

function isThere({ pid, startTicks }: ProcessIdentity): boolean {
	return identifyProcess(pid)?.startTicks === startTicks;
}

/** Finds the shims by their arguments: `containerd-shim-runc-v2 -namespace NAMESPACE -id NAME …`. */
function shims(namespace: string, name: string): readonly ProcessIdentity[] {
	return readdirSync('/proc')
		.filter((entry) => /^\d+$/.test(entry))
		.flatMap((pid) => {
			const args = readTextOrEmpty(`/proc/${pid}/cmdline`).split('\0');
			const argumentOf = (option: string): string | undefined => args[args.indexOf(option) + 1];
			const isOurs =
				basename(args[0] ?? '').startsWith('containerd-shim') &&
				argumentOf('-namespace') === namespace &&
				argumentOf('-id') === name;
			return isOurs ? (identifyProcess(Number(pid)) ?? []) : [];
		});
}

/** The container's first process, with the start time that runc has recorded in its `state.json`. */
function firstProcess(runcState: string): readonly ProcessIdentity[] {
	const state = readStateFile(join(runcState, 'state.json'));
	if (!isRecord(state)) return [];
	const { init_process_pid: pid, init_process_start: start } = state;
	return typeof pid === 'number' && typeof start === 'number' ? [{ pid, startTicks: String(start) }] : [];
}
