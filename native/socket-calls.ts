// The calls for sockets that node:net and node:dgram can't make, and for lookups in another root.

import { fd, flags, maxBytes, path } from './arguments.ts';
import { argument, call, none, nullOn, number } from './call.ts';
import { descriptor, int } from './check.ts';

/** One message of a unix datagram socket, with its sender as the kernel reports it. */
export interface Datagram {
	readonly bytes: Buffer;
	/** True when it was longer than `maxBytes`; the rest is lost. */
	readonly cutShort: boolean;
	/** The sender in the caller's pid namespace; 0 for a process outside of it. */
	readonly pid: number;
	readonly uid: number;
	readonly gid: number;
}

const namespaceFd = argument<[namespaceFd: number]>('namespaceFd', descriptor);
const family = argument<[family: number]>('family', int);
const rootFd = argument<[rootFd: number]>('rootFd', descriptor);
const reportFd = argument<[reportFd: number]>('reportFd', descriptor);

export const socketCalls = {
	/** Opens a unix datagram socket bound to `path`, non-blocking, that reports the senders (SO_PASSCRED, `unix(7)`). */
	openDatagramSocket: call('bind', [path], number),
	/** `recvmsg(2)` on a socket of `openDatagramSocket`: returns null on EAGAIN. */
	receiveDatagram: call('recvmsg', [fd, maxBytes], nullOn('EAGAIN', datagram)),
	/**
	 * Opens a TCP socket (`family` AF_INET or AF_INET6), non-blocking and not connected, in the network namespace of an
	 * open `/proc/PID/ns/net`. Node's threads stay in their own namespace.
	 */
	openSocketInNamespace: call('socket', [namespaceFd, family], number),
	/** `openat2(2)` with RESOLVE_IN_ROOT: absolute paths and links stay below the root; the magic links of /proc fail. */
	openInRoot: call('openat2', [rootFd, path, flags], number),
	/**
	 * Looks a path up in the same way without opening it, on a thread of its own, so that a slow file system does not
	 * block the event loop. Then writes 0 or the errno to `reportFd`, as four bytes in the processor's order, and closes
	 * both descriptors.
	 */
	lookUpInRoot: call('pthread_create', [rootFd, path, reportFd], none),
};

function datagram(raw: [bytes: Buffer, cutShort: boolean, pid: number, uid: number, gid: number]): Datagram {
	const [bytes, cutShort, pid, uid, gid] = raw;
	return { bytes, cutShort, pid, uid, gid };
}
