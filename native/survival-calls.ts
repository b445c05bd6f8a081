// The calls for the crash guard and the deadline: native/src/crash-guard.cc, native/src/deadline.cc.

import { argument, call, cannotFail, none } from './call.ts';
import { descriptor, int, size, text, texts } from './check.ts';
import type { Code, Outcome } from './outcome.ts';

/** The time and way in which the machine ends; times are in milliseconds of CLOCK_MONOTONIC. */
export interface Deadline {
	/** At this time `reboot(2)` is called with `command`, a `RB_*` constant. */
	readonly rebootAtMs: number;
	readonly command: number;
	/** At this time, if reboot(2) hangs, `key` is written to `triggerFd`: `/proc/sysrq-trigger`, opened for writing. */
	readonly triggerAtMs: number;
	readonly triggerFd: number | null;
	readonly key: 'b' | 'o';
	/** `/dev/kmsg`: gets `notice` before the reboot, and a line with the reason when the kernel refuses it. */
	readonly noticeFd: number | null;
	readonly notice: string;
}

const guardPath = argument<[path: string]>('path', text);
const noticeFd = argument<[noticeFd: number]>('noticeFd', descriptor);
const notice = argument<[notice: string]>('notice', text);
const command = argument<[command: number]>('command', int);
const args = argument<[args: readonly string[]]>('args', texts);

export const survivalCalls = {
	disarmDeadline: call('pthread_cancel', [], cannotFail),
	/**
	 * Installs the crash guard. On SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE or SIGTRAP, unless another process of this or a lower
	 * pid namespace has sent it, its C handler, on a stack of its own, unblocks all signals, clears close-on-exec on 0-2, lets
	 * exec close descriptors from 3 up and calls `execve(path, args, environment)`. This call prepares the memory for that: the
	 * environment is the present one, and its variable `CRASH_SIGNAL` holds the signal's number in two digits. Nothing may
	 * handle these signals later (`process.on('SIGSEGV')`), and WebAssembly needs `--disable-wasm-trap-handler`.
	 */
	installCrashGuard: call('sigaction', [guardPath, args], none),
	/**
	 * Makes the crash guard end the machine instead, because the executable can't be read any more: it writes `notice` to `noticeFd`,
	 * which is `/dev/kmsg`, and calls sync(2) and `reboot(command)` with an `RB_*` constant. With 0 the process dies by the signal, and
	 * the kernel does what `panic=` says. A later call replaces this one.
	 */
	endOnCrash: call('sigaction', [noticeFd, notice, command], cannotFail),
};

/** Not in the table: a deadline is an object, and TypeScript follows `never` only in a declared signature. */
export interface EndingCalls {
	/**
	 * Ends the machine at a time, by threads of the addon that do not depend on JavaScript. A second call replaces the
	 * first. Owns the two descriptors from then on. `execve`, and so the crash guard, disarms it.
	 */
	armDeadline(deadline: Deadline): void;
	/** Writes through a null pointer, for the tests of the crash guard. */
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
