// The calls for the calling process and its children, except `spawn`.

import { fd } from './arguments.ts';
import { argument, call, cannotFail, converted, none, number } from './call.ts';
import { int, limit, size, text, texts } from './check.ts';
import type { Code, Outcome } from './outcome.ts';

/** The exit of a child, from `waitpid(2)`'s status word. Exactly one of `exitCode` and `signal` is set. */
export interface ChildExit {
	readonly pid: number;
	readonly exitCode: number | null;
	/** The signal's name, e.g. `SIGKILL`. */
	readonly signal: string | null;
}

const pid = argument<[pid: number]>('pid', int);
const options = argument<[options: number]>('options', int);
const signal = argument<[signal: number]>('signal', int);
const kind = argument<[kind: number]>('kind', int);
const option = argument<[option: number]>('option', int);
const word = argument<[argument: number]>('argument', size);
const name = argument<[name: string]>('name', text);
const resource = argument<[resource: number]>('resource', int);
const soft = argument<[soft: number]>('soft', limit);
const hard = argument<[hard: number]>('hard', limit);

export const processCalls = {
	/** `waitpid(pid, &status, options)`: returns null when WNOHANG finds nothing, and when there is no child (ECHILD). */
	waitpid: call('waitpid', [pid, options], childExit),
	kill: call('kill', [pid, signal], none),
	/** `setns(2)` of the calling thread. Node has several threads: mnt and user namespaces fail with EINVAL. */
	setns: call('setns', [fd, kind], none),
	setsid: call('setsid', [], number),
	/** `prctl(2)` with integer arguments; returns its result. */
	prctl: call('prctl', [option, word], number),
	/** `PR_SET_NAME`: the kernel cuts the name to 15 bytes. */
	setProcessName: call('prctl', [name], none),
	/** `RLIM_INFINITY` is `Infinity`, here and in `getrlimit`. */
	setrlimit: call('setrlimit', [resource, soft, hard], none),
	/**
	 * Returns the oldest seccomp filter of a process, as `struct sock_filter`s; null when it has none (`ptrace(2)`,
	 * PTRACE_SECCOMP_GET_FILTER). Stops the process meanwhile. Needs CAP_SYS_ADMIN. ETIMEDOUT: it took over 5 s.
	 */
	seccompFilter: call('ptrace', [pid], filter),
	getrlimit: call('getrlimit', [resource], converted(limits)),
	/**
	 * Unmaps the pages of the program's file that are only read (`MADV_DONTNEED`): they leave the resident set until they are
	 * used again, and the kernel can drop those that are not.
	 */
	unmapProgram: call('madvise', [], cannotFail),
	/** Returns to the kernel what the C library keeps for later (`malloc_trim(3)`). */
	mallocTrim: call('malloc_trim', [], cannotFail),
};

type RawExit = [pid: number, exitCode: number | null, signal: string | null];

/** C++ returns 0 when WNOHANG found nothing. */
function childExit(
	raw: RawExit | Code,
	failure: (errno: number) => Error & { readonly code: string },
): ChildExit | null {
	if (raw === 0) return null;
	if (typeof raw === 'number') {
		const error = failure(-raw);
		if (error.code === 'ECHILD') return null;
		throw error;
	}
	const [pid, exitCode, signal] = raw;
	return { pid, exitCode, signal };
}

function filter(raw: Buffer | null | Code, failure: (errno: number) => Error): Buffer | null {
	if (typeof raw === 'number') throw failure(-raw);
	return raw;
}

function limits([soft, hard]: [soft: number, hard: number]): {
	readonly soft: number;
	readonly hard: number;
} {
	return { soft, hard };
}

/** Not in the table: TypeScript follows `never` only in a declared signature. */
export interface ReplacingCalls {
	/** Replaces this process. Clears close-on-exec on 0, 1, 2. Throws or does not return. */
	execve(path: string, args: readonly string[], env: readonly string[]): never;
	/**
	 * Replaces this process by the addon's own entry (wait-program.cc), which waits in a few pages of memory until
	 * SIGTERM, SIGINT, SIGHUP or SIGQUIT and then exits with 0. `name` is its argv[0]. Throws or does not return.
	 */
	waitForEnd(name: string): never;
}

export interface RawReplacingCalls {
	execve(path: string, args: readonly string[], env: readonly string[]): Code;
}

/** @param addonPath - the file of the addon, which is also a program (wait-program.cc) */
export function replacingCalls(
	binding: RawReplacingCalls,
	outcome: Outcome,
	addonPath: string,
): ReplacingCalls {
	return {
		execve(path, args, env): never {
			const result = binding.execve(text('path', path), texts('args', args), texts('env', env));
			throw outcome.error(-result, { syscall: 'execve', path });
		},
		waitForEnd(name): never {
			const result = binding.execve(addonPath, [text('name', name)], []);
			throw outcome.error(-result, { syscall: 'execve', path: addonPath });
		},
	};
}
