// The calls of containerd's API that the supervisor makes. One method, one call; no policy.

import { PbfReader, PbfWriter } from 'pbf';
import type { GrpcConnection } from './grpc-connection.ts';
import { GrpcError } from './grpc-error.ts';
import {
	type Container,
	type Process,
	readCreateTaskResponse,
	readDeleteResponse,
	readEmpty,
	readGetContainerResponse,
	readGetResponse,
	readListContainersResponse,
	readListTasksResponse,
	readStartResponse,
	readVersionResponse,
	readWaitResponse,
	Status,
	writeCreateContainerRequest,
	writeCreateTaskRequest,
	writeDeleteContainerRequest,
	writeDeleteProcessRequest,
	writeDeleteTaskRequest,
	writeEmpty,
	writeExecProcessRequest,
	writeGetContainerRequest,
	writeGetRequest,
	writeKillRequest,
	writeListContainersRequest,
	writeListTasksRequest,
	writeStartRequest,
	writeWaitRequest,
} from './messages.ts';

type TaskStatus = 'unknown' | 'created' | 'running' | 'stopped' | 'paused' | 'pausing';

export interface Task {
	readonly id: string;
	readonly pid: number;
	readonly status: TaskStatus;
	readonly exitStatus: number;
}

/** Files (FIFOs) that the shim opens for the container's stdout and stderr; stdin is empty. */
export interface TaskOutput {
	readonly stdout: string;
	readonly stderr: string;
}

/** How long a call is waited for. containerd drops what it does for a call that is given up. */
export interface CallLimits {
	readonly timeoutMs: number | null;
	readonly signal?: AbortSignal;
}

/** Every method rejects with `GrpcError`. A task has the name of its container. */
export interface ContainerdClient {
	version(limits?: CallLimits): Promise<string>;
	/** @param spec - an OCI runtime-spec as JSON, with an absolute root path */
	createContainer(id: string, spec: string): Promise<void>;
	getContainer(id: string): Promise<Container>;
	listContainers(): Promise<readonly Container[]>;
	deleteContainer(id: string): Promise<void>;
	/** Makes the container's namespaces and its first process, which waits for `startTask`. Returns its pid. */
	createTask(id: string, output: TaskOutput, limits: CallLimits): Promise<number>;
	startTask(id: string, limits: CallLimits): Promise<number>;
	getTask(id: string): Promise<Task>;
	listTasks(): Promise<readonly Task[]>;
	killTask(id: string, signal: number): Promise<void>;
	/** Resolves with the exit status, 128 plus the signal for a killed process, once the task has ended. */
	waitTask(id: string): Promise<number>;
	/** The task must have stopped. */
	deleteTask(id: string): Promise<void>;
	/**
	 * Adds a process named `execId` to a running task; `startProcess` starts it.
	 *
	 * @param output - a FIFO for stdout and stderr; without it they are lost
	 */
	addProcess(id: string, execId: string, process: string, output?: string): Promise<void>;
	startProcess(id: string, execId: string): Promise<number>;
	killProcess(id: string, execId: string, signal: number): Promise<void>;
	/** Like `waitTask`. */
	waitProcess(id: string, execId: string): Promise<number>;
	/** The process must have ended, or must not have started. Frees the name. */
	deleteProcess(id: string, execId: string): Promise<void>;
}

const containersService = '/containerd.services.containers.v1.Containers';
const tasksService = '/containerd.services.tasks.v1.Tasks';
const versionService = '/containerd.services.version.v1.Version';

const runtimeName = 'io.containerd.runc.v2';
const specTypeUrl = 'types.containerd.io/opencontainers/runtime-spec/1/Spec';
const processTypeUrl = 'types.containerd.io/opencontainers/runtime-spec/1/Process';

/** Explicit, because containerd 1.6 otherwise opens /dev/null for reading only, and a program that prints fails. */
const noOutput = { stdout: 'file:///dev/null', stderr: 'file:///dev/null' };

/** The start of a program runs runc, which takes seconds on an emulated processor under load. */
const startProcessTimeoutMs = 60_000;
const usualLimits: CallLimits = { timeoutMs: 10_000 };

type Write<Request> = (request: Partial<Request>, pbf: PbfWriter) => void;
type Read<Response> = (pbf: PbfReader, end?: number) => Response;

/** Returns a client for one of containerd's namespaces. */
export function createContainerdClient(connection: GrpcConnection, namespace: string): ContainerdClient {
	async function call<Request, Response>(
		method: string,
		write: Write<Request>,
		request: Partial<Request>,
		read: Read<Response>,
		limits: CallLimits = usualLimits,
	): Promise<Response> {
		const writer = new PbfWriter();
		write(request, writer);
		const answer = await connection.unary({
			method,
			headers: { 'containerd-namespace': namespace },
			message: writer.finish(),
			...limits,
		});
		const reader = new PbfReader(answer);
		return read(reader, reader.length);
	}

	return {
		async version(limits) {
			return (await call(`${versionService}/Version`, writeEmpty, {}, readVersionResponse, limits)).version;
		},
		async createContainer(id, spec) {
			const container: Container = {
				id,
				labels: {},
				runtime: { name: runtimeName },
				spec: { type_url: specTypeUrl, value: Buffer.from(spec) },
			};
			await call(`${containersService}/Create`, writeCreateContainerRequest, { container }, readEmpty);
		},
		async getContainer(id) {
			const method = `${containersService}/Get`;
			const { container } = await call(method, writeGetContainerRequest, { id }, readGetContainerResponse);
			return present(container, method);
		},
		async listContainers() {
			const method = `${containersService}/List`;
			return (await call(method, writeListContainersRequest, {}, readListContainersResponse)).containers;
		},
		async deleteContainer(id) {
			await call(`${containersService}/Delete`, writeDeleteContainerRequest, { id }, readEmpty);
		},
		async createTask(id, { stdout, stderr }, limits) {
			const request = { container_id: id, stdin: '', stdout, stderr, terminal: false };
			const method = `${tasksService}/Create`;
			return (await call(method, writeCreateTaskRequest, request, readCreateTaskResponse, limits)).pid;
		},
		async startTask(id, limits) {
			const request = { container_id: id };
			return (await call(`${tasksService}/Start`, writeStartRequest, request, readStartResponse, limits)).pid;
		},
		async getTask(id) {
			const method = `${tasksService}/Get`;
			const { process } = await call(method, writeGetRequest, { container_id: id }, readGetResponse);
			return asTask(present(process, method));
		},
		async listTasks() {
			return (await call(`${tasksService}/List`, writeListTasksRequest, {}, readListTasksResponse)).tasks.map(
				asTask,
			);
		},
		async killTask(id, signal) {
			await call(
				`${tasksService}/Kill`,
				writeKillRequest,
				{ container_id: id, signal, all: false },
				readEmpty,
			);
		},
		async waitTask(id) {
			const request = { container_id: id };
			return (
				await call(`${tasksService}/Wait`, writeWaitRequest, request, readWaitResponse, { timeoutMs: null })
			).exit_status;
		},
		async deleteTask(id) {
			await call(`${tasksService}/Delete`, writeDeleteTaskRequest, { container_id: id }, readDeleteResponse);
		},
		async addProcess(id, execId, process, output) {
			const spec = { type_url: processTypeUrl, value: Buffer.from(process) };
			const stdio = output === undefined ? noOutput : { stdout: output, stderr: output };
			const request = { container_id: id, exec_id: execId, spec, ...stdio };
			await call(`${tasksService}/Exec`, writeExecProcessRequest, request, readEmpty);
		},
		async startProcess(id, execId) {
			const request = { container_id: id, exec_id: execId };
			const limits = { timeoutMs: startProcessTimeoutMs };
			return (await call(`${tasksService}/Start`, writeStartRequest, request, readStartResponse, limits)).pid;
		},
		async killProcess(id, execId, signal) {
			const request = { container_id: id, exec_id: execId, signal };
			await call(`${tasksService}/Kill`, writeKillRequest, request, readEmpty);
		},
		async waitProcess(id, execId) {
			const request = { container_id: id, exec_id: execId };
			return (
				await call(`${tasksService}/Wait`, writeWaitRequest, request, readWaitResponse, { timeoutMs: null })
			).exit_status;
		},
		async deleteProcess(id, execId) {
			const request = { container_id: id, exec_id: execId };
			await call(`${tasksService}/DeleteProcess`, writeDeleteProcessRequest, request, readDeleteResponse);
		},
	};
}

function present<T>(value: T | undefined, method: string): T {
	if (value === undefined) throw new GrpcError('INTERNAL', method, 'containerd sent an empty answer');
	return value;
}

/** In some answers containerd leaves `container_id` empty, and `id` has its value. */
function asTask(process: Process): Task {
	return {
		id: process.container_id === '' ? process.id : process.container_id,
		pid: process.pid,
		status: taskStatus(process.status),
		exitStatus: process.exit_status,
	};
}

function taskStatus(status: number): TaskStatus {
	switch (status) {
		case Status.CREATED:
			return 'created';
		case Status.RUNNING:
			return 'running';
		case Status.STOPPED:
			return 'stopped';
		case Status.PAUSED:
			return 'paused';
		case Status.PAUSING:
			return 'pausing';
		default:
			return 'unknown';
	}
}
