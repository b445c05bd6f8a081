// A service's container in containerd: makes, finds and removes its record and its task together.

import { constants as osConstants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Native } from '../../native/native.ts';
import type { JsonRecord } from '../contract/json-shape.ts';
import { defaultNamespace } from '../contract/layout.ts';
import { signalName } from '../contract/signals.ts';
import { within } from '../process/timeout.ts';
import type { CallLimits, ContainerdClient, Task, TaskOutput } from './containerd-client.ts';
import type { Containerd } from './containerd-process.ts';
import { isGrpcError } from './grpc-error.ts';
import {
	endTask,
	leftoverOf,
	removeHalfRemoved,
	removeLeftover,
	takenDirectoryOf,
} from './task-leftovers.ts';

export interface NotedEnd {
	readonly reason: string;
	readonly succeeded: boolean;
}

const killTimeoutMs = 2000;
const lateAttempts = 25;
const latePauseMs = 200;

/** Each method waits for a containerd that is starting, and rejects with its errors. */
export interface ServiceContainer {
	/** Removes a container of the same name, and makes the new one. Returns the pid of its first process, which waits for `start`. */
	create(spec: string, output: TaskOutput, limits: CallLimits): Promise<number>;
	start(limits: CallLimits): Promise<void>;
	/** Resolves with the task of a container that was made from the same spec, null when there is none. */
	findStarted(spec: string): Promise<Task | null>;
	/** Resolves with null when there is no task. */
	find(): Promise<Task | null>;
	/** Resolves with the exit status once the task has ended. */
	wait(): Promise<number>;
	/** Runs another program in the container; see run-in-task.ts. */
	run(
		execId: string,
		process: JsonRecord,
		signal: AbortSignal,
		onStarted: () => void,
		output?: string,
	): Promise<number>;
	/** Kills the task when it runs. */
	remove(): Promise<void>;
}

export function createServiceContainer(
	name: string,
	givenNamespace: string,
	containerd: Pick<Containerd, 'connection'>,
	native: Pick<Native, 'kill'>,
): ServiceContainer {
	const namespace = givenNamespace === '' ? defaultNamespace : givenNamespace;
	/** The task's directory of the last attempt, when containerd's undo of an earlier start has taken it. */
	let takenDirectory: string | null = null;

	async function client(): Promise<ContainerdClient> {
		const connection = await containerd.connection();
		// Loaded on first use, with its protobuf code, because a system may have no services.
		const { createContainerdClient } = await import('./containerd-client.ts');
		return createContainerdClient(connection, namespace);
	}

	async function remove(calls: ContainerdClient): Promise<void> {
		try {
			await deleteTask(calls);
		} catch (error) {
			if (isGrpcError(error, 'UNAVAILABLE')) throw error;
			// The shim or a runc of it hangs, or a runc was killed and the shim is wrong about its container.
			await endTask(namespace, name, native);
			await deleteLateTask(calls);
		}
		// Another removal may have been faster.
		await orNull(calls.deleteContainer(name));
	}

	/** Does nothing when there is no task. */
	async function deleteTask(calls: ContainerdClient): Promise<void> {
		try {
			await calls.deleteTask(name);
		} catch (error) {
			if (isGrpcError(error, 'NOT_FOUND')) return;
			if (!isGrpcError(error, 'FAILED_PRECONDITION')) throw error;
			await calls.killTask(name, osConstants.signals.SIGKILL);
			await within(calls.waitTask(name), killTimeoutMs);
			await calls.deleteTask(name);
		}
	}

	/** containerd itself cleans up after a shim that is gone, which takes a moment. */
	async function deleteLateTask(calls: ContainerdClient): Promise<void> {
		for (let attempt = 1; ; attempt += 1) {
			try {
				await deleteTask(calls);
				return;
			} catch (error) {
				if (attempt === lateAttempts) throw error;
				await pause(latePauseMs);
			}
		}
	}

	async function createTask(
		calls: ContainerdClient,
		output: TaskOutput,
		limits: CallLimits,
	): Promise<number> {
		// Only now, because containerd may still be at its undo when it reports the failure.
		if (takenDirectory !== null) removeHalfRemoved(takenDirectory);
		takenDirectory = null;
		try {
			return await calls.createTask(name, output, limits);
		} catch (error) {
			takenDirectory = takenDirectoryOf(error, namespace, name);
			// The shim may run already, and containerd has forgotten it.
			if (takenDirectory !== null) await endTask(namespace, name, native);
			throw error;
		}
	}

	return {
		async create(spec, output, limits) {
			const calls = await client();
			try {
				await calls.createContainer(name, spec);
			} catch (error) {
				if (!isGrpcError(error, 'ALREADY_EXISTS')) throw error;
				await remove(calls);
				await calls.createContainer(name, spec);
			}
			try {
				return await createTask(calls, output, limits);
			} catch (error) {
				const leftover = leftoverOf(error, namespace, name);
				if (leftover === null) throw error;
				await removeLeftover(leftover, native);
				return await createTask(calls, output, limits);
			}
		},
		async start(limits) {
			await (await client()).startTask(name, limits);
		},
		async findStarted(spec) {
			const calls = await client();
			const container = await orNull(calls.getContainer(name));
			const made = container?.spec?.value;
			return made !== undefined && Buffer.from(spec).equals(made) ? await orNull(calls.getTask(name)) : null;
		},
		find: async () => await orNull((await client()).getTask(name)),
		wait: async () => (await client()).waitTask(name),
		async run(execId, process, signal, onStarted, output) {
			const calls = await client();
			const { runInTask } = await import('./run-in-task.ts');
			return runInTask(calls, name, execId, process, signal, onStarted, output);
		},
		remove: async () => remove(await client()),
	};
}

/** Resolves with null for what containerd does not have. */
async function orNull<T>(call: Promise<T>): Promise<T | null> {
	try {
		return await call;
	} catch (error) {
		if (isGrpcError(error, 'NOT_FOUND')) return null;
		throw error;
	}
}

/** Describes an exit status. containerd reports 128 plus the signal for a killed process, as shells do. */
export function describeStatus(status: number): string {
	const signal = signalName(status - 128);
	return `exited with status ${status}${signal === null ? '' : ` (${signal})`}`;
}

/** Returns how a container ended that no longer runs after a crash of PID 1, from containerd or from PID 1's own record. */
export function endFound(task: Task | null, noted: NotedEnd | null): NotedEnd {
	if (task?.status === 'stopped') {
		return { reason: describeStatus(task.exitStatus), succeeded: task.exitStatus === 0 };
	}
	return noted ?? { reason: 'was not running when PID 1 came back', succeeded: false };
}
