// The supervisor's view of processes. `init/process/reaper.ts` implements it over one `waitpid(-1)` loop; the guest
// starts children in no other way.

import type { ChildExit, SpawnRequest } from '../../native/native.ts';

/** A child that runs or has run. */
export interface Child {
	readonly pid: number;
	/** Resolves when the reaper has seen the exit. Never rejects. */
	readonly exited: Promise<ChildExit>;
}

export interface ChildProcesses {
	/** Throws `SyscallError` when the program can't be started. */
	start(request: SpawnRequest): Child;
	/**
	 * Returns a child that PID 1 started before a crash, after which it is still our child. Returns null when there is no
	 * such child to wait for.
	 */
	adopt(pid: number): Child | null;
}
