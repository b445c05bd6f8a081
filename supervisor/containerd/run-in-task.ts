// A program run in a container that runs already, from its start to its end, by containerd's Exec. runc gives it
// what `config.json` gives the container's own program: namespaces, root, cgroup, capabilities, seccomp.

import { constants as osConstants } from 'node:os';
import type { JsonRecord } from '../contract/json-shape.ts';
import { within } from '../process/timeout.ts';
import type { ContainerdClient } from './containerd-client.ts';
import { isGrpcError } from './grpc-error.ts';

/** After SIGKILL, for the end of a process to be told. */
const killTimeoutMs = 2000;

type ProcessCalls = Pick<
	ContainerdClient,
	'addProcess' | 'startProcess' | 'killProcess' | 'waitProcess' | 'deleteProcess'
>;

/**
 * The exit status; rejects with what containerd says where the program can't be started. Aborted, the program is
 * killed. What an earlier run left under the same name (a crash of PID 1 was in between) is removed. Settles when
 * nothing is left of the process, or containerd doesn't answer.
 *
 * `process` is the runtime-spec's; `output` a FIFO for what it prints, in which all of it is at the end.
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
		// Ended meanwhile, or containerd is gone: `waitProcess` says which.
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
		// A failure is the caller's already, or costs the name only: the next run frees it.
		await end(calls, task, execId).catch(() => {});
	}
}

/** Frees the name, of a process in whatever state. */
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
