// Reaps all processes that end: PID 1's children, and the orphans that the kernel gives to PID 1. Nothing else waits for
// a process.
//
// Each SIGCHLD starts one `waitpid(-1, WNOHANG)` loop. Signals of one kind merge (signal(7)), so the loop reaps all that
// have ended; a regular sweep finds those whose signal was lost during a resume.

import { constant } from '../../native/linux/constant.ts';
import type { ChildExit, Native, SpawnRequest } from '../../native/native.ts';
import type { Child, ChildProcesses } from '../../supervisor/context/child-processes.ts';

/** The number of remembered exits that nothing waits for yet: a process may be adopted after its exit. */
const maxUnclaimed = 1024;

type ReaperCalls = Pick<Native, 'spawn' | 'waitpid' | 'constants'>;

export class Reaper implements ChildProcesses {
	readonly #native: ReaperCalls;
	readonly #parentOf: (pid: number) => number | null;
	readonly #waiting = new Map<
		number,
		{ readonly child: Child; readonly settle: (exit: ChildExit) => void }
	>();
	readonly #unclaimed = new Map<number, ChildExit>();
	readonly #defaults: Pick<SpawnRequest, 'oomScoreAdj'>;
	#reapedCount = 0;

	/**
	 * @param parentOf - returns the parent's pid, null when there is no such process
	 * @param defaults - apply where a request leaves them out
	 */
	constructor(
		native: ReaperCalls,
		parentOf: (pid: number) => number | null,
		defaults: Pick<SpawnRequest, 'oomScoreAdj'> = {},
	) {
		this.#native = native;
		this.#parentOf = parentOf;
		this.#defaults = defaults;
	}

	/** The number of processes reaped, orphans included. */
	get reapedCount(): number {
		return this.#reapedCount;
	}

	start(request: SpawnRequest): Child {
		const pid = this.#native.spawn({ ...this.#defaults, ...request });
		// The pid belongs to this child now; an older process had it before.
		this.#unclaimed.delete(pid);
		return this.#await(pid);
	}

	adopt(pid: number): Child | null {
		const waiting = this.#waiting.get(pid);
		if (waiting !== undefined) return waiting.child;
		const exit = this.#unclaimed.get(pid);
		if (exit !== undefined) {
			this.#unclaimed.delete(pid);
			return { pid, exited: Promise.resolve(exit) };
		}
		return this.#parentOf(pid) === process.pid ? this.#await(pid) : null;
	}

	/** Reaps every process that has ended. To be called on SIGCHLD, and regularly. */
	reap(): void {
		for (;;) {
			const exit = this.#native.waitpid(-1, constant(this.#native, 'WNOHANG'));
			if (exit === null) return;
			this.#reapedCount += 1;
			this.#settle(exit);
		}
	}

	#await(pid: number): Child {
		const { promise, resolve } = Promise.withResolvers<ChildExit>();
		const child: Child = { pid, exited: promise };
		this.#waiting.set(pid, { child, settle: resolve });
		return child;
	}

	#settle(exit: ChildExit): void {
		const waiting = this.#waiting.get(exit.pid);
		if (waiting !== undefined) {
			this.#waiting.delete(exit.pid);
			waiting.settle(exit);
			return;
		}
		this.#unclaimed.delete(exit.pid);
		this.#unclaimed.set(exit.pid, exit);
		const oldest = this.#unclaimed.keys().next();
		if (this.#unclaimed.size > maxUnclaimed && oldest.done !== true) this.#unclaimed.delete(oldest.value);
	}
}
