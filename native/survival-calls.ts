// The crash guard and the deadline; see native/src/crash-guard.cc and deadline.cc.

import { argument, call, cannotFail, none } from './call.ts';
import { descriptor, int, size, text, texts } from './check.ts';
import type { Code, Outcome } from './outcome.ts';

/** When and how the machine ends; times in milliseconds of CLOCK_MONOTONIC. */
export interface Deadline {
	/** `reboot(2)` is called with `command`, a `RB_*` constant. */
	readonly rebootAtMs: number;
	readonly command: number;
	/** Then, should that have hung, `key` is written to `triggerFd`, which is `/proc/sysrq-trigger`, opened to write. */
	readonly triggerAtMs: number;
	readonly triggerFd: number | null;
	readonly key: 'b' | 'o';
	/** Gets `notice` before the reboot, and a line with the reason where the kernel refuses it: `/dev/kmsg`. */
	readonly noticeFd: number | null;
	readonly notice: string;
}

const guardPath = argument<[path: string]>('path', text);
const args = argument<[args: readonly string[]]>('args', texts);

export const survivalCalls = {
	disarmDeadline: call('pthread_cancel', [], cannotFail),
	/**
	 * The crash guard: on SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE or SIGTRAP the C handler, on a stack of its
	 * own, unblocks all signals, clears close-on-exec on 0-2, lets exec close descriptors from 3 up and calls
	 * `execve(path, args, environment)`. The memory is prepared here: the environment is today's, and the
	 * variable `CRASH_SIGNAL` in it holds the signal's number in two digits. Nothing else may take these
	 * signals later (`process.on('SIGSEGV')`), and WebAssembly needs `--disable-wasm-trap-handler`.
	 */
	installCrashGuard: call('sigaction', [guardPath, args], none),
};

/** Written out: a deadline is an object, and TypeScript follows `never` only in a written signature. */
export interface EndingCalls {
	/**
	 * Ends the machine at a time, by threads of the addon that no hanging JavaScript can stop. A second call takes the
	 * place of the first. Owns the two descriptors from then on. `execve`, and so the crash guard, disarms it.
	 */
	armDeadline(deadline: Deadline): void;
	/** For the tests of the crash guard: writes through a null pointer. */
	crashNow(): never;
}

export interface RawEndingCalls {
	armDeadline(
		rebootAtMs: number,
		command: number,
		triggerAtMs: number,
		triggerFd: number,
		key: string,
		noticeFd: number,
		notice: string,
	): Code;
	crashNow(): void;
}

export function endingCalls(binding: RawEndingCalls, outcome: Outcome): EndingCalls {
	return {
		armDeadline({ rebootAtMs, command, triggerAtMs, triggerFd, key, noticeFd, notice }) {
			const result = binding.armDeadline(
				size('rebootAtMs', rebootAtMs),
				int('command', command),
				size('triggerAtMs', triggerAtMs),
				triggerFd === null ? -1 : descriptor('triggerFd', triggerFd),
				text('key', key),
				noticeFd === null ? -1 : descriptor('noticeFd', noticeFd),
				text('notice', notice),
			);
			outcome.of(result, { syscall: 'pthread_create' });
		},
		crashNow(): never {
			binding.crashNow();
			throw new Error('a write through a null pointer did not crash');
		},
	};
}
