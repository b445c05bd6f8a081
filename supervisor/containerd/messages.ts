// Made from containerd.proto by tools/build/containerd-messages.ts: do not edit.

import type { PbfReader, PbfWriter } from 'pbf';

interface Entry {
	key: string;
	value: string;
}

export interface Any {
	type_url: string;
	value?: Uint8Array;
}

export type Empty = Record<string, never>;

export interface Runtime {
	name: string;
	options?: Any;
}

export interface Container {
	id: string;
	labels: Record<string, string>;
	runtime?: Runtime;
	spec?: Any;
}

export interface CreateContainerRequest {
	container?: Container;
}

export interface GetContainerRequest {
	id: string;
}

export interface GetContainerResponse {
	container?: Container;
}

export interface ListContainersRequest {
	filters: string[];
}

export interface ListContainersResponse {
	containers: Container[];
}

export interface DeleteContainerRequest {
	id: string;
}

export interface CreateTaskRequest {
	container_id: string;
	stdin: string;
	stdout: string;
	stderr: string;
	terminal: boolean;
}

export interface CreateTaskResponse {
	container_id: string;
	pid: number;
}

export interface ExecProcessRequest {
	container_id: string;
	stdout: string;
	stderr: string;
	spec?: Any;
	exec_id: string;
}

export interface StartRequest {
	container_id: string;
	exec_id: string;
}

export interface StartResponse {
	pid: number;
}

export interface DeleteTaskRequest {
	container_id: string;
}

export interface DeleteProcessRequest {
	container_id: string;
	exec_id: string;
}

export interface DeleteResponse {
	pid: number;
	exit_status: number;
}

export interface GetRequest {
	container_id: string;
}

export interface GetResponse {
	process?: Process;
}

export interface ListTasksRequest {
	filter: string;
}

export interface ListTasksResponse {
	tasks: Process[];
}

export interface KillRequest {
	container_id: string;
	exec_id: string;
	signal: number;
	all: boolean;
}

export interface WaitRequest {
	container_id: string;
	exec_id: string;
}

export interface WaitResponse {
	exit_status: number;
}

export interface Process {
	container_id: string;
	id: string;
	pid: number;
	status: number;
	exit_status: number;
}

export interface VersionResponse {
	version: string;
	revision: string;
}

export const Status = {
	UNKNOWN: 0,
	CREATED: 1,
	RUNNING: 2,
	STOPPED: 3,
	PAUSED: 4,
	PAUSING: 5,
};

export function readAny(pbf: PbfReader, end?: number): Any {
	const obj: Any = { type_url: '' };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.type_url = pbf.readString();
		else if (field === 2) obj.value = pbf.readBytes();
	}
	return obj;
}
export function writeAny(obj: Partial<Any>, pbf: PbfWriter): void {
	if (obj.type_url) pbf.writeStringField(1, obj.type_url);
	if (obj.value != null) pbf.writeBytesField(2, obj.value);
}

export function readEmpty(pbf: PbfReader, end?: number): Empty {
	pbf.pos = end ?? pbf.length;
	return {};
}
export function writeEmpty(_obj: Partial<Empty>, _pbf: PbfWriter): void {}

export function readRuntime(pbf: PbfReader, end?: number): Runtime {
	const obj: Runtime = { name: '' };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.name = pbf.readString();
		else if (field === 2) obj.options = readAny(pbf, pbf.readVarint() + pbf.pos);
	}
	return obj;
}
export function writeRuntime(obj: Partial<Runtime>, pbf: PbfWriter): void {
	if (obj.name) pbf.writeStringField(1, obj.name);
	if (obj.options) pbf.writeMessage(2, writeAny, obj.options);
}

export function readContainer(pbf: PbfReader, end?: number): Container {
	const obj: Container = { id: '', labels: {} };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.id = pbf.readString();
		else if (field === 2) {
			const { key, value } = readContainerLabelsEntry(pbf, pbf.readVarint() + pbf.pos);
			obj.labels[key] = value;
		} else if (field === 4) obj.runtime = readRuntime(pbf, pbf.readVarint() + pbf.pos);
		else if (field === 5) obj.spec = readAny(pbf, pbf.readVarint() + pbf.pos);
	}
	return obj;
}
export function writeContainer(obj: Partial<Container>, pbf: PbfWriter): void {
	if (obj.id) pbf.writeStringField(1, obj.id);
	if (obj.labels)
		for (const key of Object.keys(obj.labels))
			pbf.writeMessage(2, writeContainerLabelsEntry, { key, value: obj.labels[key] ?? '' });
	if (obj.runtime) pbf.writeMessage(4, writeRuntime, obj.runtime);
	if (obj.spec) pbf.writeMessage(5, writeAny, obj.spec);
}

function readContainerLabelsEntry(pbf: PbfReader, end?: number): Entry {
	const obj: Entry = { key: '', value: '' };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.key = pbf.readString();
		else if (field === 2) obj.value = pbf.readString();
	}
	return obj;
}
function writeContainerLabelsEntry(obj: Entry, pbf: PbfWriter): void {
	if (obj.key) pbf.writeStringField(1, obj.key);
	if (obj.value) pbf.writeStringField(2, obj.value);
}

export function writeCreateContainerRequest(obj: Partial<CreateContainerRequest>, pbf: PbfWriter): void {
	if (obj.container) pbf.writeMessage(1, writeContainer, obj.container);
}

export function writeGetContainerRequest(obj: Partial<GetContainerRequest>, pbf: PbfWriter): void {
	if (obj.id) pbf.writeStringField(1, obj.id);
}

export function readGetContainerResponse(pbf: PbfReader, end?: number): GetContainerResponse {
	const obj: GetContainerResponse = {};
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.container = readContainer(pbf, pbf.readVarint() + pbf.pos);
	}
	return obj;
}

export function writeListContainersRequest(obj: Partial<ListContainersRequest>, pbf: PbfWriter): void {
	if (obj.filters) for (const item of obj.filters) pbf.writeStringField(1, item);
}

export function readListContainersResponse(pbf: PbfReader, end?: number): ListContainersResponse {
	const obj: ListContainersResponse = { containers: [] };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.containers.push(readContainer(pbf, pbf.readVarint() + pbf.pos));
	}
	return obj;
}

export function writeDeleteContainerRequest(obj: Partial<DeleteContainerRequest>, pbf: PbfWriter): void {
	if (obj.id) pbf.writeStringField(1, obj.id);
}

export function writeCreateTaskRequest(obj: Partial<CreateTaskRequest>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
	if (obj.stdin) pbf.writeStringField(4, obj.stdin);
	if (obj.stdout) pbf.writeStringField(5, obj.stdout);
	if (obj.stderr) pbf.writeStringField(6, obj.stderr);
	if (obj.terminal) pbf.writeBooleanField(7, obj.terminal);
}

export function readCreateTaskResponse(pbf: PbfReader, end?: number): CreateTaskResponse {
	const obj: CreateTaskResponse = { container_id: '', pid: 0 };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.container_id = pbf.readString();
		else if (field === 2) obj.pid = pbf.readVarint();
	}
	return obj;
}

export function writeExecProcessRequest(obj: Partial<ExecProcessRequest>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
	if (obj.stdout) pbf.writeStringField(3, obj.stdout);
	if (obj.stderr) pbf.writeStringField(4, obj.stderr);
	if (obj.spec) pbf.writeMessage(6, writeAny, obj.spec);
	if (obj.exec_id) pbf.writeStringField(7, obj.exec_id);
}

export function writeStartRequest(obj: Partial<StartRequest>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
	if (obj.exec_id) pbf.writeStringField(2, obj.exec_id);
}

export function readStartResponse(pbf: PbfReader, end?: number): StartResponse {
	const obj: StartResponse = { pid: 0 };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.pid = pbf.readVarint();
	}
	return obj;
}

export function writeDeleteTaskRequest(obj: Partial<DeleteTaskRequest>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
}

export function writeDeleteProcessRequest(obj: Partial<DeleteProcessRequest>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
	if (obj.exec_id) pbf.writeStringField(2, obj.exec_id);
}

export function readDeleteResponse(pbf: PbfReader, end?: number): DeleteResponse {
	const obj: DeleteResponse = { pid: 0, exit_status: 0 };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 2) obj.pid = pbf.readVarint();
		else if (field === 3) obj.exit_status = pbf.readVarint();
	}
	return obj;
}

export function writeGetRequest(obj: Partial<GetRequest>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
}

export function readGetResponse(pbf: PbfReader, end?: number): GetResponse {
	const obj: GetResponse = {};
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.process = readProcess(pbf, pbf.readVarint() + pbf.pos);
	}
	return obj;
}

export function writeListTasksRequest(obj: Partial<ListTasksRequest>, pbf: PbfWriter): void {
	if (obj.filter) pbf.writeStringField(1, obj.filter);
}

export function readListTasksResponse(pbf: PbfReader, end?: number): ListTasksResponse {
	const obj: ListTasksResponse = { tasks: [] };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.tasks.push(readProcess(pbf, pbf.readVarint() + pbf.pos));
	}
	return obj;
}

export function writeKillRequest(obj: Partial<KillRequest>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
	if (obj.exec_id) pbf.writeStringField(2, obj.exec_id);
	if (obj.signal) pbf.writeVarintField(3, obj.signal);
	if (obj.all) pbf.writeBooleanField(4, obj.all);
}

export function writeWaitRequest(obj: Partial<WaitRequest>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
	if (obj.exec_id) pbf.writeStringField(2, obj.exec_id);
}

export function readWaitResponse(pbf: PbfReader, end?: number): WaitResponse {
	const obj: WaitResponse = { exit_status: 0 };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.exit_status = pbf.readVarint();
	}
	return obj;
}

export function readProcess(pbf: PbfReader, end?: number): Process {
	const obj: Process = { container_id: '', id: '', pid: 0, status: 0, exit_status: 0 };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.container_id = pbf.readString();
		else if (field === 2) obj.id = pbf.readString();
		else if (field === 3) obj.pid = pbf.readVarint();
		else if (field === 4) obj.status = pbf.readVarint();
		else if (field === 9) obj.exit_status = pbf.readVarint();
	}
	return obj;
}
export function writeProcess(obj: Partial<Process>, pbf: PbfWriter): void {
	if (obj.container_id) pbf.writeStringField(1, obj.container_id);
	if (obj.id) pbf.writeStringField(2, obj.id);
	if (obj.pid) pbf.writeVarintField(3, obj.pid);
	if (obj.status) pbf.writeVarintField(4, obj.status);
	if (obj.exit_status) pbf.writeVarintField(9, obj.exit_status);
}

export function readVersionResponse(pbf: PbfReader, end?: number): VersionResponse {
	const obj: VersionResponse = { version: '', revision: '' };
	for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
		if (field === 1) obj.version = pbf.readString();
		else if (field === 2) obj.revision = pbf.readString();
	}
	return obj;
}
