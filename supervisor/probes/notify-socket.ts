// The socket to which a service sends its state (sd_notify(3)). It exists before the container; PID 1 reads it once the
// container's first process is known, and messages wait in the kernel until then.

import { chmodSync, closeSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { Datagram, Native, StopWatch } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { inheritedSocket } from './inherited-socket.ts';
import {
	maxNotifyBytes,
	type NotifyMessage,
	notifySocketPath,
	parseNotifyMessage,
} from './notify-protocol.ts';

type NotifyCalls = Pick<
	Native,
	'openDatagramSocket' | 'receiveDatagram' | 'watchReadable' | 'setCloseOnExec' | 'keepForSuccessor'
>;

/**
 * A message costs PID 1 more than its sender. After this many at a time PID 1 rests, so that a service that sends without end
 * takes little of a processor beyond its own limit; its messages wait, and then the service does.
 */
const messagesPerTurn = 16;
const restMs = 100;

/** The state that the service has sent since it started. */
interface NotifyState {
	readonly ready: boolean;
	readonly reloading: boolean;
	readonly stopping: boolean;
	readonly status: string | null;
	readonly errno: number | null;
}

export interface NotifySocket {
	/** Begins to read messages. Only those of the container whose first process is `pid` count. */
	attend(pid: number): void;
	state(): NotifyState;
	/** Returns a function that ends the subscription. */
	subscribe(listener: (message: NotifyMessage) => void): () => void;
	/** Idempotent. Leaves only the folder. */
	close(): void;
}

const initialState: NotifyState = {
	ready: false,
	reloading: false,
	stopping: false,
	status: null,
	errno: null,
};

/**
 * Takes over the socket that PID 1 has had before its crash, with the messages that wait in it, or makes a new one. A socket of
 * this PID 1 must be closed before. Throws a `SyscallError`, e.g. ENAMETOOLONG.
 *
 * @param folder - the service's own. Only root may enter its parent, so that only the container, which has a mount of the
 *   folder, reaches the socket.
 * @param onTrouble - is called with the reason why a message is ignored, once for each kind of reason
 */
export function openNotifySocket(
	native: NotifyCalls,
	folder: string,
	onTrouble: (reason: string) => void,
): NotifySocket {
	makeFolder(dirname(folder), 0o700);
	makeFolder(folder);
	const path = notifySocketPath(folder);
	const fd = inheritedSocket(path) ?? makeSocket(native, path);
	native.setCloseOnExec(fd, true);
	native.keepForSuccessor(fd, true);
	const listeners = new Set<(message: NotifyMessage) => void>();
	const reported = new Set<string>();
	let state = initialState;
	let stop: StopWatch | null = null;
	let rest: NodeJS.Timeout | undefined;
	let open = true;

	/** Reports each kind once, so that a sender can't fill the log. */
	function reportOnce(kind: string, reason: string): void {
		if (reported.has(kind)) return;
		reported.add(kind);
		onTrouble(reason);
	}

	function take(datagram: Datagram, membership: Membership): void {
		if (!isMember(datagram.pid, membership)) {
			reportOnce('sender', `process ${datagram.pid} is gone or in another container`);
		} else if (datagram.cutShort) {
			reportOnce('length', `more than ${maxNotifyBytes} bytes`);
		} else {
			const message = parseNotifyMessage(datagram.bytes);
			state = withMessage(state, message);
			for (const listener of listeners) listener(message);
		}
	}

	function watch(membership: Membership): void {
		stop = native.watchReadable(fd, () => read(membership));
	}

	function stopReading(): void {
		clearTimeout(rest);
		stop?.();
		stop = null;
	}

	function read(membership: Membership): void {
		try {
			for (let count = 0; open && count < messagesPerTurn; count++) {
				const datagram = native.receiveDatagram(fd, maxNotifyBytes);
				if (datagram === null) return;
				take(datagram, membership);
			}
			if (!open) return;
			stopReading();
			rest = setTimeout(() => watch(membership), restMs);
		} catch (error) {
			// The error would repeat at once, without end.
			stopReading();
			reportOnce('socket', errorMessage(error));
		}
	}

	return {
		attend(pid) {
			stopReading();
			state = initialState;
			reported.clear();
			const membership = membershipOf(pid);
			if (membership === null) return;
			watch(membership);
		},
		state: () => state,
		subscribe(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
		close() {
			if (!open) return;
			open = false;
			stopReading();
			native.keepForSuccessor(fd, false);
			closeSync(fd);
			rmSync(path, { force: true });
		},
	};
}

function makeSocket(native: NotifyCalls, path: string): number {
	rmSync(path, { force: true });
	const fd = native.openDatagramSocket(path);
	// The service may run as any user.
	chmodSync(path, 0o666);
	return fd;
}

function withMessage(before: NotifyState, message: NotifyMessage): NotifyState {
	return {
		ready: before.ready || message.ready === true,
		reloading: message.reloading === true || (before.reloading && message.ready !== true),
		stopping: before.stopping || message.stopping === true,
		status: message.status ?? before.status,
		errno: message.errno ?? before.errno,
	};
}

/** The properties that identify the processes of a container. */
interface Membership {
	/** Null when the container shares PID 1's. */
	readonly pidNamespace: string | null;
	/** Lines of cgroups(7), `ID:CONTROLLERS:/path`, without the root cgroups, which hold every process. */
	readonly cgroups: readonly string[];
}

/** Returns null when there is no such process. */
export function membershipOf(pid: number): Membership | null {
	const namespace = pidNamespace(String(pid));
	const cgroups = cgroupsOf(pid);
	if (namespace === null || cgroups === null) return null;
	return { pidNamespace: namespace === pidNamespace('self') ? null : namespace, cgroups };
}

/**
 * Reports whether a process belongs to a container: it is in its pid namespace, or at or below its cgroups. Returns false for a
 * process that has ended.
 */
export function isMember(pid: number, { pidNamespace: namespace, cgroups }: Membership): boolean {
	if (namespace !== null && pidNamespace(String(pid)) === namespace) return true;
	const own = cgroupsOf(pid);
	if (own === null || cgroups.length === 0) return false;
	return cgroups.every((line) => own.some((other) => other === line || other.startsWith(`${line}/`)));
}

function pidNamespace(pid: string): string | null {
	try {
		return readlinkSync(`/proc/${pid}/ns/pid`);
	} catch {
		return null;
	}
}

function cgroupsOf(pid: number): string[] | null {
	try {
		const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
		return lines.filter((line) => !line.endsWith(':/'));
	} catch {
		return null;
	}
}
