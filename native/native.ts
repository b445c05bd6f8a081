// The addon's methods: one method, one system call (or one indivisible piece of C).
//
// This file has only types, so that tests can pass a fake; `open.ts` loads the real addon. It has no policy: flags, paths
// and retries are the caller's. Every method that fails throws a `SyscallError` (syscall-error.ts).
//
// To add a system call:
// 1. write the wrapper in its family's file in native/src and name it in that file's `Add<Family>`;
// 2. add one entry with its docstring to the family's table (`native/<family>-calls.ts`), under the same name: the
//    method here, the argument checks, the raw function's type and the error's `syscall` follow from it (call.ts).
// A new family has a line in native/src/families.h and its table in the lists below, in binding.ts and in open.ts.
// Calls that return `never`, or take an object or a callback, are declared beside the table.

import type { blockDeviceCalls, MapperLoadCall } from './block-device-calls.ts';
import type { bpfCalls } from './bpf-calls.ts';
import type { Methods } from './call.ts';
import type { descriptorCalls, WatchCalls } from './descriptor-calls.ts';
import type { fileCalls } from './file-calls.ts';
import type { mountCalls } from './mount-calls.ts';
import type { processCalls, ReplacingCalls } from './process-calls.ts';
import type { socketCalls } from './socket-calls.ts';
import type { SpawnCalls } from './spawn-calls.ts';
import type { EndingCalls, survivalCalls } from './survival-calls.ts';
import type { LinkCalls, systemCalls } from './system-calls.ts';
import type { terminalCalls } from './terminal-calls.ts';

export type { MapperTarget } from './block-device-calls.ts';
export { type ContainerStep, type PackedSteps, packSteps } from './container-steps.ts';
export type { StopWatch } from './descriptor-calls.ts';
export type { FileSystemInfo } from './mount-calls.ts';
export type { ChildExit } from './process-calls.ts';
export type { Datagram } from './socket-calls.ts';
export type { CapabilitySets, NamespaceEntry, ResourceLimit, SpawnRequest } from './spawn-calls.ts';
export type { Deadline } from './survival-calls.ts';

export interface Native
	extends Methods<typeof mountCalls>,
		Methods<typeof processCalls>,
		Methods<typeof systemCalls>,
		Methods<typeof blockDeviceCalls>,
		Methods<typeof bpfCalls>,
		Methods<typeof fileCalls>,
		Methods<typeof descriptorCalls>,
		Methods<typeof terminalCalls>,
		Methods<typeof socketCalls>,
		Methods<typeof survivalCalls>,
		ReplacingCalls,
		SpawnCalls,
		LinkCalls,
		MapperLoadCall,
		WatchCalls,
		EndingCalls {
	/** The kernel's constants by their own names (`MS_BIND`, `CLONE_NEWPID`, `RB_POWER_OFF`, `SIGTERM`, …). */
	readonly constants: Readonly<Record<string, number>>;
}
