// The one owner of all exits: PID 1's children, and the orphans that the kernel hands to PID 1.
//
// One `waitpid(-1, WNOHANG)` loop a SIGCHLD. Signals of a kind merge (signal(7)), so each round takes all there
// are; and a slow sweep finds what a signal lost during a resume left behind.

import { constant } from '../../native/linux/constant.ts';
import type { ChildExit, Native, SpawnRequest } from '../../native/native.ts';
import type { Child, ChildProcesses } from '../../supervisor/context/child-processes.ts';

/** Exits of processes that nobody waits for (yet) which are remembered: an adopter may come after the exit. */
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
	 * @param parentOf - the parent of a process, null when there is no such process
	 * @param defaults - what a child gets where its request says nothing
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

	/** How many processes have been reaped, orphans included. */
	get reapedCount(): number {
		return this.#reapedCount;
	}

	start(request: SpawnRequest): Child {
		const pid = this.#native.spawn({ ...this.#defaults, ...request });
		// The number is this child's now; an older process had it before.
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

	/** Takes all exits that are there. To be called on SIGCHLD, and now and then. */
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
