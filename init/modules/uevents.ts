// Receives the kernel's messages about devices (lib/kobject_uevent.c): datagrams of `ACTION@DEVPATH` and `KEY=VALUE`s, each
// with a NUL at its end.

import { closeSync } from 'node:fs';
import type { Native } from '../../native/native.ts';

interface Uevent {
	readonly action: string;
	readonly path: string;
	readonly modalias: string | null;
	/** `MAJOR:MINOR` of a block device; null for other devices. */
	readonly disk: string | null;
}

export function parseUevent(datagram: Buffer): Uevent | null {
	const [head = '', ...pairs] = datagram.toString('utf8').split('\0');
	const at = head.indexOf('@');
	// udev's own messages on the same socket begin with "libudev".
	if (at < 0) return null;
	const value = (key: string): string | null =>
		pairs.find((pair) => pair.startsWith(`${key}=`))?.slice(key.length + 1) ?? null;
	return {
		action: head.slice(0, at),
		path: head.slice(at + 1),
		modalias: value('MODALIAS'),
		disk: value('SUBSYSTEM') === 'block' ? `${value('MAJOR')}:${value('MINOR')}` : null,
	};
}

const receiveBufferBytes = 1024 * 1024;
/** The kernel's UEVENT_BUFFER_SIZE is 2048. */
const maxDatagramBytes = 8192;

interface UeventHandlers {
	readonly onEvent: (event: Uevent) => void;
	/** Called when messages were lost (ENOBUFS): the receiver must look at all devices again. */
	readonly onOverflow: () => void;
}

export interface Uevents {
	/** Returns the messages that are not read yet; null when some were lost (ENOBUFS). */
	take(): readonly Uevent[] | null;
	/** Calls `handlers` for each message from now on, first for those that are in the socket. */
	start(handlers: UeventHandlers): void;
	close(): void;
}

type UeventCalls = Pick<Native, 'openUeventSocket' | 'readAvailable' | 'watchReadable'>;

export function openUevents(native: UeventCalls): Uevents {
	const fd = native.openUeventSocket(receiveBufferBytes);
	const take = (): readonly Uevent[] | null => receive(native, fd);
	return {
		take,
		start(handlers) {
			native.watchReadable(fd, () => {
				const events = take();
				if (events === null) handlers.onOverflow();
				else for (const event of events) handlers.onEvent(event);
			});
		},
		close: () => closeSync(fd),
	};
}

function receive(native: Pick<Native, 'readAvailable'>, fd: number): readonly Uevent[] | null {
	const events: Uevent[] = [];
	for (;;) {
		let datagram: Buffer | null;
		try {
			datagram = native.readAvailable(fd, maxDatagramBytes);
		} catch {
			return null;
		}
		if (datagram === null || datagram.length === 0) return events;
		const event = parseUevent(datagram);
		if (event !== null) events.push(event);
	}
}
