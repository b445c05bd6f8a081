// The supervisor's view of processes. `init/process/reaper.ts` implements it over one `waitpid(-1)` loop; nothing in
// the guest starts a child any other way.

import type { ChildExit, SpawnRequest } from '../../native/native.ts';

/** A child that runs or has run. */
export interface Child {
	readonly pid: number;
	/** Settles once, when the reaper has seen the exit; never rejects. */
	readonly exited: Promise<ChildExit>;
}

export interface ChildProcesses {
	/** Throws `SyscallError` when the program can't be started. */
	start(request: SpawnRequest): Child;
	/**
	 * A child that an earlier incarnation of PID 1 started (after a crash it is still our child). Null when no such
	 * child is left to wait for.
	 */
	adopt(pid: number): Child | null;
}
