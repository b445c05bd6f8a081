// Runs a program in a running container, from its start to its end, by containerd's Exec. runc gives it the namespaces, root,
// cgroup, capabilities and seccomp filter of `config.json`.

import { constants as osConstants } from 'node:os';
import type { JsonRecord } from '../contract/json-shape.ts';
import { within } from '../process/timeout.ts';
import type { ContainerdClient } from './containerd-client.ts';
import { isGrpcError } from './grpc-error.ts';

/** The time after SIGKILL until containerd must report the end. */
const killTimeoutMs = 2000;

type ProcessCalls = Pick<
	ContainerdClient,
	'addProcess' | 'startProcess' | 'killProcess' | 'waitProcess' | 'deleteProcess'
>;

/**
 * Resolves with the exit status; rejects with containerd's error when the program can't be started. An abort kills the program.
 * Removes a process of the same name that an earlier run left before a crash of PID 1. Settles when nothing is left of the
 * process, or containerd does not answer.
 *
 * @param process - the one of the runtime-spec
 * @param output - a FIFO for its output, which holds all of it when this settles
 */
export async function runInTask(
	calls: ProcessCalls,
	task: string,
	execId: string,
	process: JsonRecord,
	signal: AbortSignal,
	onStarted: () => void,
	output?: string,
): Promise<number> {
	const spec = JSON.stringify(process);
	const add = () => calls.addProcess(task, execId, spec, ...(output === undefined ? [] : [output]));
	try {
		await add();
	} catch (error) {
		if (!isGrpcError(error, 'ALREADY_EXISTS')) throw error;
		await end(calls, task, execId);
		await add();
	}
	const kill = () => {
		// The process has ended, or containerd is gone; `waitProcess` reports which.
		calls.killProcess(task, execId, osConstants.signals.SIGKILL).catch(() => {});
	};
	try {
		signal.throwIfAborted();
		await calls.startProcess(task, execId);
		onStarted();
		if (signal.aborted) kill();
		else signal.addEventListener('abort', kill, { once: true });
		return await calls.waitProcess(task, execId);
	} finally {
		signal.removeEventListener('abort', kill);
		// The caller has the failure already, or only the name is not free; the next run frees it.
		await end(calls, task, execId).catch(() => {});
	}
}

/** Ends a process in any state and frees its name. */
async function end(calls: ProcessCalls, task: string, execId: string): Promise<void> {
	try {
		await calls.deleteProcess(task, execId);
	} catch (error) {
		if (isGrpcError(error, 'NOT_FOUND', 'UNAVAILABLE', 'DEADLINE_EXCEEDED')) return;
		await calls.killProcess(task, execId, osConstants.signals.SIGKILL);
		await within(calls.waitProcess(task, execId), killTimeoutMs);
		await calls.deleteProcess(task, execId);
	}
}
