// Sockets that node:net and node:dgram can't make, and lookups in another root that must not block the event loop.

import { fd, flags, maxBytes, path } from './arguments.ts';
import { argument, call, none, nullOn, number } from './call.ts';
import { descriptor, int } from './check.ts';

/** One message of a unix datagram socket and who sent it, as the kernel says. */
export interface Datagram {
	readonly bytes: Buffer;
	/** It was longer than `maxBytes`; the rest is lost. */
	readonly cutShort: boolean;
	/** In our pid namespace; 0 for a process that is not in it. */
	readonly pid: number;
	readonly uid: number;
	readonly gid: number;
}

const namespaceFd = argument<[namespaceFd: number]>('namespaceFd', descriptor);
const family = argument<[family: number]>('family', int);
const rootFd = argument<[rootFd: number]>('rootFd', descriptor);
const reportFd = argument<[reportFd: number]>('reportFd', descriptor);

export const socketCalls = {
	/** A unix datagram socket bound to `path`, non-blocking, that reports the senders (SO_PASSCRED, `unix(7)`). */
	openDatagramSocket: call('bind', [path], number),
	/** `recvmsg(2)` on a socket of `openDatagramSocket`: null on EAGAIN. */
	receiveDatagram: call('recvmsg', [fd, maxBytes], nullOn('EAGAIN', datagram)),
	/**
	 * A TCP socket (`family` AF_INET or AF_INET6), non-blocking and not connected, in the network namespace of an
	 * open `/proc/PID/ns/net`; no thread of Node's leaves its own.
	 */
	openSocketInNamespace: call('socket', [namespaceFd, family], number),
	/** `openat2(2)` with RESOLVE_IN_ROOT: absolute paths and links stay below the root, and /proc's lead nowhere. */
	openInRoot: call('openat2', [rootFd, path, flags], number),
	/**
	 * The same without opening it, on a thread of its own: 0 or the errno is written to `reportFd` as four
	 * bytes in the processor's order, when the file system has answered. Closes both descriptors by then.
	 */
	lookUpInRoot: call('pthread_create', [rootFd, path, reportFd], none),
};

function datagram(raw: [bytes: Buffer, cutShort: boolean, pid: number, uid: number, gid: number]): Datagram {
	const [bytes, cutShort, pid, uid, gid] = raw;
	return { bytes, cutShort, pid, uid, gid };
}
