// The calls for pipes, the uevent socket, and reads and writes that do not block.

import { fd, maxBytes } from './arguments.ts';
import { argument, call, none, nullOn, number, value } from './call.ts';
import { ArgumentError, bytes, descriptor } from './check.ts';
import type { Code, Outcome } from './outcome.ts';
import type { SyscallError } from './syscall-error.ts';

/** Stops a watch made by `watchReadable`. Idempotent; the caller closes the descriptor. */
export type StopWatch = () => void;

const on = argument<[on: boolean]>('on', (_, on) => on === true);
const receiveBufferBytes = argument<[receiveBufferBytes: number]>('receiveBufferBytes', descriptor);
const data = argument<[bytes: Uint8Array]>('bytes', bytes);

export const descriptorCalls = {
	/** pipe2(O_CLOEXEC): returns [read end, write end]. */
	pipe: call('pipe2', [], value<[number, number]>()),
	/**
	 * Chooses a descriptor, or takes that back, which stays open over `execve` and over a crash (`installCrashGuard`), though
	 * it is closed on the exec of every other process. EMFILE: a thousand are chosen.
	 */
	keepForSuccessor: call('fcntl', [fd, on], none),
	setCloseOnExec: call('fcntl', [fd, on], none),
	/**
	 * Sends SIGIO to this process when the device has input, or its other side comes or goes (O_ASYNC, fcntl(2)); or no longer. Holds for
	 * all processes that share the open file.
	 */
	signalOnInput: call('fcntl', [fd, on], none),
	/** Opens a `NETLINK_KOBJECT_UEVENT` socket bound to the kernel's group, non-blocking. */
	openUeventSocket: call('socket', [receiveBufferBytes], number),
	/** Opens a socket of rtnetlink(7), non-blocking, that is told of addresses of interfaces which come or go. */
	openAddressSocket: call('socket', [], number),
	/** `read(2)` of a non-blocking descriptor, one datagram of a socket: returns null on EAGAIN, an empty buffer at the end. */
	readAvailable: call(
		'read',
		[fd, maxBytes],
		nullOn('EAGAIN', (read: Buffer) => read),
	),
	/** `write(2)` on a non-blocking descriptor: returns the number of bytes written, 0 on EAGAIN. */
	writeAvailable: call('write', [fd, data], zeroOnEagain),
};

function zeroOnEagain(raw: Code, failure: (errno: number) => SyscallError): number {
	if (raw >= 0) return raw;
	const error = failure(-raw);
	if (error.code === 'EAGAIN') return 0;
	throw error;
}

/** The handle that C++ returns for `stopWatch`: an opaque pointer. */
export interface WatchHandle {
	readonly watch: unique symbol;
}

/** Not in the table: a watch has a callback and a second function that ends it. */
export interface WatchCalls {
	/**
	 * Calls the callback on the event loop whenever `fd` is readable, at its end or in error (libuv's poll), until it is
	 * stopped; an error of the callback is an uncaught exception. Makes `fd` non-blocking and keeps the event loop
	 * alive. EPERM: a regular file; EEXIST: `fd` is watched already.
	 */
	watchReadable(fd: number, onReadable: () => void): StopWatch;
}

export interface RawWatchCalls {
	watchReadable(fd: number, onReadable: () => void): WatchHandle | Code;
	stopWatch(watch: WatchHandle): void;
}

export function watchCalls(binding: RawWatchCalls, outcome: Outcome): WatchCalls {
	return {
		watchReadable(fd, onReadable) {
			if (typeof onReadable !== 'function') throw new ArgumentError('onReadable', 'a function', onReadable);
			const handle = binding.watchReadable(descriptor('fd', fd), onReadable);
			if (typeof handle === 'number') throw outcome.error(-handle, { syscall: 'epoll_ctl' });
			let stopped = false;
			return () => {
				// The handle is invalid after its first stop.
				if (stopped) return;
				stopped = true;
				binding.stopWatch(handle);
			};
		},
	};
}
