// The socket at which a service says how it is (sd_notify(3)). Made before the container, read once its first
// process is known; what is sent between waits in the kernel.

import { chmodSync, closeSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { Datagram, Native, StopWatch } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { isMember, type Membership, membershipOf } from './container-member.ts';
import { NOTIFY_MAX_BYTES, type NotifyMessage, parseNotifyMessage } from './notify-message.ts';
import { notifySocketPath } from './notify-mount.ts';

/** Then other descriptors have their turn: a service that sends without end must not own PID 1. */
const MESSAGES_PER_TURN = 16;

/** What the service has said since it started. */
export interface NotifyState {
	readonly ready: boolean;
	readonly reloading: boolean;
	readonly stopping: boolean;
	readonly status: string | null;
	readonly errno: number | null;
}

export interface NotifySocket {
	/** From now on messages are read; only those of this process's container count. `pid` is its first one. */
	attend(pid: number): void;
	said(): NotifyState;
	/** Returns the end of it. */
	subscribe(listener: (message: NotifyMessage) => void): () => void;
	/** Idempotent. Nothing is left but the folder. */
	close(): void;
}

const NOTHING: NotifyState = { ready: false, reloading: false, stopping: false, status: null, errno: null };

/**
 * `folder` is the service's own; its parent is made for root only, so that none but the container, into which
 * the folder is mounted, gets to the socket. What an earlier PID 1 left there is replaced; an own one must have
 * been closed. `onTrouble` hears why messages don't count, of each kind the first. Throws a `SyscallError`,
 * ENAMETOOLONG among them.
 */
export function openNotifySocket(
	native: Native,
	folder: string,
	onTrouble: (reason: string) => void,
): NotifySocket {
	makeFolder(dirname(folder), 0o700);
	makeFolder(folder);
	const path = notifySocketPath(folder);
	rmSync(path, { force: true });
	const fd = native.openDatagramSocket(path);
	// The service may run as anybody.
	chmodSync(path, 0o666);
	const listeners = new Set<(message: NotifyMessage) => void>();
	const told = new Set<string>();
	let state = NOTHING;
	let stop: StopWatch | null = null;
	let open = true;

	/** Once a kind: who sends must not fill the log. */
	function tellOnce(kind: string, reason: string): void {
		if (told.has(kind)) return;
		told.add(kind);
		onTrouble(reason);
	}

	function take(datagram: Datagram, membership: Membership): void {
		if (!isMember(datagram.pid, membership)) {
			tellOnce('sender', `process ${datagram.pid} is gone or in another container`);
		} else if (datagram.cutShort) {
			tellOnce('length', `more than ${NOTIFY_MAX_BYTES} bytes`);
		} else {
			const message = parseNotifyMessage(datagram.bytes);
			state = remember(state, message);
			for (const listener of listeners) listener(message);
		}
	}

	function read(membership: Membership): void {
		try {
			for (let count = 0; open && count < MESSAGES_PER_TURN; count++) {
				const datagram = native.receiveDatagram(fd, NOTIFY_MAX_BYTES);
				if (datagram === null) return;
				take(datagram, membership);
			}
		} catch (error) {
			// It would come again at once, and for ever.
			stop?.();
			tellOnce('socket', errorMessage(error));
		}
	}

	return {
		attend(pid) {
			stop?.();
			stop = null;
			state = NOTHING;
			told.clear();
			const membership = membershipOf(pid);
			if (membership === null) return;
			stop = native.watchReadable(fd, () => read(membership));
		},
		said: () => state,
		subscribe(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
		close() {
			if (!open) return;
			open = false;
			stop?.();
			closeSync(fd);
			rmSync(path, { force: true });
		},
	};
}

function remember(before: NotifyState, message: NotifyMessage): NotifyState {
	return {
		ready: before.ready || message.ready === true,
		reloading: message.reloading === true || (before.reloading && message.ready !== true),
		stopping: before.stopping || message.stopping === true,
		status: message.status ?? before.status,
		errno: message.errno ?? before.errno,
	};
}
