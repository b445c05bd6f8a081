// The protocol of `/run/slipway/control.sock` (owner root, mode 0600): one JSON object a line in both directions.
//
// PID 1 begins each connection with `{"slipway":1}`, the version of the protocol. A request is
// `{"id":1,"command":"status","name":"redis"}`. The client chooses `id`, and each line that belongs to the request has it.
// The answer is `{"id":1,"result":…}` or `{"id":1,"error":{"code":…,"message":…}}`, after any number of
// `{"id":1,"event":…}`. PID 1 handles requests concurrently and answers each one when it is done. It ignores unknown keys, so
// that a newer `service` works with an older PID 1.

import type { GuestEventLine } from './events.ts';
import type { ServicePhase } from './phases.ts';

export const protocolVersion = 1;

/** A longer line is not a request. */
export const maxRequestBytes = 64 * 1024;

export interface ServiceStatus {
	readonly name: string;
	readonly state: ServicePhase;
	/** It runs and its readiness probe, if it has one, has succeeded. */
	readonly ready: boolean;
	/** The pid of its first process, or null. */
	readonly pid: number | null;
	/** The number of restarts since the boot. */
	readonly restarts: number;
	/** The time of the last change of state, in seconds of CLOCK_MONOTONIC. */
	readonly since: number;
	/** The reason for the state, or null. */
	readonly reason: string | null;
	/** The services that it comes after. */
	readonly after: readonly string[];
	/** The path of its log. */
	readonly log: string;
	/** The profile of AppArmor that its process has, such as `slipway-default (enforce)`; absent without one. */
	readonly apparmor?: string;
}

/** What a service uses at this moment. Null: it has no process, or the kernel does not say. */
export interface ServiceStats {
	readonly name: string;
	readonly state: ServicePhase;
	readonly ready: boolean;
	readonly pid: number | null;
	readonly restarts: number;
	/** All memory of its cgroup, the page cache of its files included. */
	readonly memoryBytes: number | null;
	/** Its time on processors since its container was made. */
	readonly cpuSeconds: number | null;
	/** Its processes and threads. */
	readonly tasks: number | null;
	/** The records in its log that PID 1 has written since it began or was resumed: a long line is several. */
	readonly logLines: number;
}

export interface SystemStats {
	readonly services: readonly ServiceStats[];
	/** When every service was ready for the first time, in seconds since the start of the kernel; null until then. */
	readonly readySeconds: number | null;
}

/** The memory and files of PID 1's own process. `residentBytes` includes shared pages. PID 1 recovers from the crash in
 * which the limit of its heap ends. */
export interface Pid1Status {
	readonly residentBytes: number;
	/** The part of JavaScript's heap that is in use; with `collect`, after a garbage collection. */
	readonly heapUsedBytes: number;
	/** The memory that V8 holds for the heap. */
	readonly heapTotalBytes: number;
	/** The compiled code in `heapUsedBytes`. It grows, within bounds, as V8 optimizes more functions. */
	readonly heapCodeBytes: number;
	readonly heapLimitBytes: number;
	/** Buffers outside of the heap. */
	readonly externalBytes: number;
	readonly openFiles: number;
	/** What the firmware and the boot loader have measured; only with `measurements`, and absent without a TPM. */
	readonly pcrs?: readonly PlatformRegister[];
}

/** A platform configuration register of the TPM, of its bank for SHA-256. */
export interface PlatformRegister {
	readonly index: number;
	/** 64 hexadecimal digits. */
	readonly sha256: string;
}

/** The facts that `service exec` needs to start another program in the container of a service that runs. */
export interface ServiceProcess {
	/** The container's first process, in PID 1's pid namespace. */
	readonly pid: number;
	/** The start time of that process (proc_pid_stat(5), field 22): another process may get its pid. */
	readonly startTicks: string;
	/** The directory of its cgroup (version 2), as PID 1 sees it, or null. */
	readonly cgroup: string | null;
	/** `process` of the container's config.json. */
	readonly process: unknown;
	/** The container's own program has a seccomp filter of its runtime. */
	readonly seccomp: boolean;
	/** The mappings of its user namespace. The list is empty in the system's user namespace. */
	readonly uidMappings: readonly IdMapping[];
}

/** An entry of `linux.uidMappings` in the runtime-spec (`config-linux.md`). */
export interface IdMapping {
	readonly containerID: number;
	readonly hostID: number;
	readonly size: number;
}

/** The condition of `wait`: a service is ready, runs, or has stopped. */
export type WaitedFor = 'ready' | 'running' | 'stopped';

/** The names of containers of `service run`. */
export const runName = /^[A-Za-z0-9][\w.-]{0,62}$/;

/** The result of `run`. */
export interface StartedRun {
	readonly name: string;
	/** What PID 1 has made of its network; null when that is no matter of PID 1. */
	readonly network: {
		/** The file that keeps the network namespace. */
		readonly namespace: string;
		/** The file that is its /etc/hosts; null when PID 1 can't write it. */
		readonly hosts: string | null;
	} | null;
}

/** How a container of `service run` ended. */
export interface RunEnd {
	readonly name: string;
	/** Null: it succeeded. */
	readonly reason: string | null;
	/** `service list --all` does not show it any longer. */
	readonly isForgotten: boolean;
}

export type Request =
	| { readonly command: 'list' }
	| { readonly command: 'status'; readonly name: string }
	/** The result is a `ServiceProcess`. It is an error if the service does not run. */
	| { readonly command: 'process'; readonly name: string }
	/** Answered when the service runs, waits or has failed (start, restart), or has ended (stop). `stop` takes a container of `run`, too. */
	| { readonly command: 'start' | 'stop' | 'restart'; readonly name: string }
	| { readonly command: 'signal'; readonly name: string; readonly signal: string }
	/**
	 * Stops services and starts them from other bundles: those of the squashfs image with that number
	 * (`replacementPaths()`), which has them at the paths of the root. Answered like `start`, with all their statuses.
	 */
	| { readonly command: 'replace'; readonly names: readonly string[]; readonly image: number }
	| { readonly command: 'wait'; readonly name: string; readonly for: WaitedFor }
	/**
	 * `service` is about to run a container: the result is a `StartedRun`. PID 1 removes what is left of it when the connection ends
	 * before `run-ended`. A name of null is chosen by PID 1. `net` is a network that PID 1 makes it a member of, or null; `owner` is the
	 * process of `service`.
	 */
	| {
			readonly command: 'run';
			readonly name: string | null;
			readonly image: string;
			readonly net: string | null;
			readonly owner: { readonly pid: number; readonly startTicks: string };
	  }
	| ({ readonly command: 'run-ended' } & RunEnd)
	/** The result is a `SystemStats`. */
	| { readonly command: 'stats' }
	/** The result is a `Pid1Status`. `measurements` reads the TPM, which may take a tenth of a second. */
	| { readonly command: 'pid1'; readonly collect: boolean; readonly measurements: boolean }
	/** Sends all events since the boot; with `follow`, also each later one, without an end. */
	| { readonly command: 'events'; readonly follow: boolean }
	| { readonly command: 'power'; readonly action: 'poweroff' | 'reboot' | 'halt' };

export type ErrorCode = 'bad-request' | 'unknown-service' | 'failed';

export type Answer =
	| { readonly slipway: number }
	| { readonly id: number | null; readonly result: unknown }
	| { readonly id: number | null; readonly error: { readonly code: ErrorCode; readonly message: string } }
	| { readonly id: number | null; readonly event: GuestEventLine };
