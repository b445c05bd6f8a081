// Removes what a broken start leaves in containerd. containerd stops waiting after its own timeouts, which a slow machine
// exceeds, and keeps the directory of a task that it does not know. Every later start of that name then fails with
// "mkdir …: file exists" (runtime/v2/bundle.go of containerd 1.6).

import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readProcessStat } from '../../native/linux/proc-stat.ts';
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

/**
 * Returns the task's directory when a shim could not be started because a file in it is gone, or null. containerd's undo of
 * an earlier start has taken the directory then.
 */
export function takenDirectoryOf(error: unknown, namespace: string, name: string): string | null {
	if (!isGrpcError(error, 'UNKNOWN')) return null;
	const path = /failed to start shim: .*?(\/\S+)\/[^\s/]+: no such file or directory/.exec(
		error.details,
	)?.[1];
	return path?.endsWith(`/io.containerd.runtime.v2.task/${namespace}/${name}`) ? path : null;
}

/**
 * Removes the directory `.NAME`, to which containerd renames a task's directory before it empties it. containerd gives up
 * when a start beside it still writes there ("directory not empty"), and cannot remove a later directory of the name.
 */
export function removeHalfRemoved(path: string): void {
	rmSync(join(dirname(path), `.${basename(path)}`), { recursive: true, force: true });
}

/** Ends what is left of a task that containerd does not know, and removes its directory and runc's record of it. */
export async function removeLeftover(path: string, native: Pick<Native, 'kill'>): Promise<void> {
	const name = basename(path);
	const namespace = basename(dirname(path));
	await endTask(namespace, name, native);
	rmSync(runcStateOf(namespace, name), { recursive: true, force: true });
	rmSync(path, { recursive: true, force: true });
	removeHalfRemoved(path);
}

/** Kills the shim of a task with its children, a runc that hangs among them, and the container's first process. */
export async function endTask(namespace: string, name: string, native: Pick<Native, 'kill'>): Promise<void> {
	const all = processes();
	// A shim's parent has ended, so it is our child. A process of a container may call itself a shim, but it is never our child;
	// and reading its command line could block, because its memory may be on a file system of its own.
	const shims = all.filter(({ pid, parentPid }) => parentPid === process.pid && isShim(pid, namespace, name));
	const left = [...withChildren(shims, all), ...firstProcess(runcStateOf(namespace, name))];
	for (const each of left) signalProcess(native, each, 'SIGKILL');
	// PID 1's reaper collects their exits.
	for (let waitedMs = 0; waitedMs < endTimeoutMs && left.some(isThere); waitedMs += pollMs)
		await pause(pollMs);
}

/** The shim's own default, whatever containerd's state directory is. */
function runcStateOf(namespace: string, name: string): string {
	return join(containerdFolders.state, 'runc', namespace, name);
}

function isThere({ pid, startTicks }: ProcessIdentity): boolean {
	return identifyProcess(pid)?.startTicks === startTicks;
}

interface ListedProcess extends ProcessIdentity {
	readonly parentPid: number;
}

function processes(): readonly ListedProcess[] {
	return readdirSync('/proc')
		.filter((entry) => /^\d+$/.test(entry))
		.map(Number)
		.flatMap((pid) => {
			const stat = readProcessStat(pid);
			return stat === null ? [] : [{ pid, parentPid: stat.parentPid, startTicks: stat.startTicks }];
		});
}

/** Knows a shim by its arguments: `containerd-shim-runc-v2 -namespace NAMESPACE -id NAME …`. */
function isShim(pid: number, namespace: string, name: string): boolean {
	const args = readTextOrEmpty(`/proc/${pid}/cmdline`).split('\0');
	const argumentOf = (option: string): string | undefined => args[args.indexOf(option) + 1];
	return (
		basename(args[0] ?? '').startsWith('containerd-shim') &&
		argumentOf('-namespace') === namespace &&
		argumentOf('-id') === name
	);
}

/** Adds the processes that descend from `parents`. */
function withChildren(
	parents: readonly ListedProcess[],
	all: readonly ListedProcess[],
): readonly ListedProcess[] {
	const found = new Map(parents.map((parent) => [parent.pid, parent]));
	// A map also visits what is added meanwhile.
	for (const pid of found.keys())
		for (const process of all) if (process.parentPid === pid) found.set(process.pid, process);
	return [...found.values()];
}

/** The container's first process, with the start time that runc has recorded in its `state.json`. */
function firstProcess(runcState: string): readonly ProcessIdentity[] {
	const state = readStateFile(join(runcState, 'state.json'));
	if (!isRecord(state)) return [];
	const { init_process_pid: pid, init_process_start: start } = state;
	return typeof pid === 'number' && typeof start === 'number' ? [{ pid, startTicks: String(start) }] : [];
}
