// The kernel's messages about devices (its Documentation/ABI/stable/sysfs-... and kobject_uevent.c): datagrams of
// `ACTION@DEVPATH` and `KEY=VALUE`, each ended by a NUL.

import { closeSync } from 'node:fs';
import type { Native } from '../../native/native.ts';

export interface Uevent {
	readonly action: string;
	readonly path: string;
	readonly modalias: string | null;
}

export function parseUevent(datagram: Buffer): Uevent | null {
	const [head = '', ...pairs] = datagram.toString('utf8').split('\0');
	const at = head.indexOf('@');
	// udev's own messages on the same socket begin with "libudev".
	if (at < 0) return null;
	const modalias = pairs.find((pair) => pair.startsWith('MODALIAS='));
	return {
		action: head.slice(0, at),
		path: head.slice(at + 1),
		modalias: modalias === undefined ? null : modalias.slice('MODALIAS='.length),
	};
}

const receiveBufferBytes = 1024 * 1024;
/** The kernel's UEVENT_BUFFER_SIZE is 2048. */
const maxDatagramBytes = 8192;

export interface UeventHandlers {
	readonly onEvent: (event: Uevent) => void;
	/** Some messages were lost (ENOBUFS): look at everything again. */
	readonly onOverflow: () => void;
}

/** Messages that come before `start` is called wait in the socket. */
export function openUevents(native: Native): { start(handlers: UeventHandlers): void; close(): void } {
	const fd = native.openUeventSocket(receiveBufferBytes);
	return {
		start: (handlers) => void native.watchReadable(fd, () => receive(native, fd, handlers)),
		close: () => closeSync(fd),
	};
}

function receive(native: Native, fd: number, handlers: UeventHandlers): void {
	for (;;) {
		let datagram: Buffer | null;
		try {
			datagram = native.readAvailable(fd, maxDatagramBytes);
		} catch {
			handlers.onOverflow();
			return;
		}
		if (datagram === null || datagram.length === 0) return;
		const event = parseUevent(datagram);
		if (event !== null) handlers.onEvent(event);
	}
}
