// What is spoken on `/run/slipway/control.sock` (owner root, mode 0600): one JSON object a line in both directions.
//
// Who connects is greeted with `{"slipway":1}`, the version of what follows. A request is
// `{"id":1,"command":"status","name":"redis"}`; `id` is the asker's and comes back in each line that belongs to it. The
// answer is `{"id":1,"result":…}` or `{"id":1,"error":{"code":…,"message":…}}`; before it there may be any number of
// `{"id":1,"event":…}`. Requests are answered side by side, in whatever order they end. Keys that are not known are
// passed over, so that a newer `service` can speak to an older PID 1.

import type { GuestEventLine } from './events.ts';
import type { ServicePhase } from './phases.ts';

export const protocolVersion = 1;

/** The whole life of a connection is one answer for most askers; a line that is longer than this is no request. */
export const maxRequestBytes = 64 * 1024;

export interface ServiceStatus {
	readonly name: string;
	readonly state: ServicePhase;
	/** It runs and, where it can be asked, says that it works. */
	readonly ready: boolean;
	/** Of its first process; null while there is none. */
	readonly pid: number | null;
	/** How often it was started again, in all. */
	readonly restarts: number;
	/** Seconds of CLOCK_MONOTONIC since when it is in this state. */
	readonly since: number;
	/** Why it is as it is; null when there is nothing to say. */
	readonly reason: string | null;
	/** The services that it comes after. */
	readonly after: readonly string[];
	/** Where its output is. */
	readonly log: string;
}

/** PID 1's own process; its shared pages are in `residentBytes`, its heap's limit ends it in a crash that it survives. */
export interface Pid1Status {
	readonly residentBytes: number;
	/** Of JavaScript's heap: what is in use, with `collect` after a garbage collection, and what V8 has for it. */
	readonly heapUsedBytes: number;
	readonly heapTotalBytes: number;
	/** Of what is in use, the code that V8 has compiled: it grows, to an end, as more of it gets hot. */
	readonly heapCodeBytes: number;
	readonly heapLimitBytes: number;
	/** Buffers outside of it. */
	readonly externalBytes: number;
	readonly openFiles: number;
}

/** What it takes to start another program in the container of a service that runs (`service exec`). */
export interface ServiceProcess {
	/** Of the container's first process, in PID 1's pid namespace. */
	readonly pid: number;
	/** When that one started (proc_pid_stat(5), field 22): its number alone may be another's by now. */
	readonly startTicks: string;
	/** Its folder of cgroup version 2, as PID 1 sees it; null where it has none. */
	readonly cgroup: string | null;
	/** `process` of the container's config.json. */
	readonly process: unknown;
	/** The container's own program has a seccomp filter of its runtime. */
	readonly seccomp: boolean;
	/** Of its user namespace; none where it has the system's. */
	readonly uidMappings: readonly IdMapping[];
}

/** As in the runtime-spec (`config-linux.md`). */
export interface IdMapping {
	readonly containerID: number;
	readonly hostID: number;
	readonly size: number;
}

/** What is waited for: that a service is ready, runs, or has stopped. */
export type WaitedFor = 'ready' | 'running' | 'stopped';

export type Request =
	| { readonly command: 'list' }
	| { readonly command: 'status'; readonly name: string }
	/** Answered with a `ServiceProcess`; an error where it does not run. */
	| { readonly command: 'process'; readonly name: string }
	/** Answered when it runs, waits or has failed (start, restart), or has ended (stop). */
	| { readonly command: 'start' | 'stop' | 'restart'; readonly name: string }
	| { readonly command: 'signal'; readonly name: string; readonly signal: string }
	| { readonly command: 'wait'; readonly name: string; readonly for: WaitedFor }
	/** What PID 1 itself costs: a `Pid1Status`. */
	| { readonly command: 'pid1'; readonly collect: boolean }
	/** What has been told since the boot; with `follow` what comes after it, without an end. */
	| { readonly command: 'events'; readonly follow: boolean }
	| { readonly command: 'power'; readonly action: 'poweroff' | 'reboot' | 'halt' };

export type ErrorCode = 'bad-request' | 'unknown-service' | 'failed';

export type Answer =
	| { readonly slipway: number }
	| { readonly id: number | null; readonly result: unknown }
	| { readonly id: number | null; readonly error: { readonly code: ErrorCode; readonly message: string } }
	| { readonly id: number | null; readonly event: GuestEventLine };
