// Limits of a service whose bundle names none, such that a fork bomb or a leak in one service leaves room to start every
// other one. cgroup v2 counts processes, and memory with the kernel's own (Documentation/admin-guide/cgroup-v2.rst),
// open files included, so these two limits are enough.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { availableMemoryBytes } from '../../native/linux/available-memory.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { readStateFile, writeStateFile } from '../context/state-file.ts';
import { asRecord, type JsonRecord } from '../contract/json-shape.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import { bundleFolders } from './bundle.ts';

/** The limits of one service; null where the kernel has no controller for it. */
export interface DefaultLimits {
	readonly processes: number | null;
	readonly memoryBytes: number | null;
}

const mebibyte = 2 ** 20;
/** The memory for containerd and for the programs of an administrator. */
const reserveBytes = 64 * mebibyte;
/** The memory for each service's shim, and for runc while it starts. */
const reserveOfServiceBytes = 12 * mebibyte;
const maxProcesses = 4096;

/**
 * Reads what is there before the first service starts. It is the same later, after a crash of PID 1 too, when the
 * services hold their part of the memory.
 */
export function defaultLimits({
	state,
	containers,
	cgroup,
}: Pick<GuestPaths, 'state' | 'containers' | 'cgroup'>): DefaultLimits {
	const path = stateFiles({ state }).defaultLimits;
	const found = asLimits(readStateFile(path));
	if (found !== null) return found;
	const all = limitsFor(
		availableMemoryBytes(),
		Number(readFileSync('/proc/sys/kernel/threads-max', 'utf8')),
		bundleFolders(join(containers, 'services')).length,
	);
	// A kernel may lack a controller, and runc refuses a limit that it can't set.
	const controllers = readTextOrEmpty(join(cgroup, 'cgroup.controllers')).trim().split(' ');
	const limits = {
		processes: controllers.includes('pids') ? all.processes : null,
		memoryBytes: controllers.includes('memory') ? all.memoryBytes : null,
	};
	writeStateFile(path, limits);
	return limits;
}

/** @param threadsMax - the kernel's limit for the whole machine (proc_sys_kernel(5)) */
export function limitsFor(availableBytes: number, threadsMax: number, serviceCount: number) {
	const reserve = reserveBytes + serviceCount * reserveOfServiceBytes;
	return {
		processes: Math.min(Math.floor(threadsMax / 2), maxProcesses),
		// On a tiny machine the reserve must not take all memory.
		memoryBytes: Math.floor(Math.max(availableBytes - reserve, availableBytes / 2)),
	};
}

/**
 * Adds the limits to `linux.resources` of a config.json where it has no `pids` or no `memory` of its own. A container with
 * CAP_SYS_ADMIN could change its cgroup, and may be one that runs containers itself, so it gets none.
 */
export function withDefaultLimits(spec: JsonRecord, { processes, memoryBytes }: DefaultLimits): JsonRecord {
	const process = asRecord(spec['process'] ?? {}, 'config.json: process');
	const capabilities = asRecord(process['capabilities'] ?? {}, 'config.json: process.capabilities');
	const bounding: unknown = capabilities['bounding'];
	if (Array.isArray(bounding) && bounding.includes('CAP_SYS_ADMIN')) return spec;
	const linux = asRecord(spec['linux'] ?? {}, 'config.json: linux');
	const resources = asRecord(linux['resources'] ?? {}, 'config.json: linux.resources');
	const defaults = {
		...(processes === null ? {} : { pids: { limit: processes } }),
		...(memoryBytes === null ? {} : { memory: { limit: memoryBytes } }),
	};
	return { ...spec, linux: { ...linux, resources: { ...defaults, ...resources } } };
}

function asLimits(value: unknown): DefaultLimits | null {
	if (typeof value !== 'object' || value === null) return null;
	const { processes, memoryBytes } = value as Partial<Record<keyof DefaultLimits, unknown>>;
	return isLimit(processes) && isLimit(memoryBytes) ? { processes, memoryBytes } : null;
}

function isLimit(value: unknown): value is number | null {
	return typeof value === 'number' || value === null;
}
