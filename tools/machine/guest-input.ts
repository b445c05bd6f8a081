// What the host types at a guest's serial port: a FIFO that QEMU reads. Any number of processes may write to it, and none of them
// receives the port's output, so none can hold it up.

import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { hasCode } from '../../native/linux/has-code.ts';

/** A guest that reads nothing gets no more than this later. */
const maxWaitingBytes = 64 * 1024;
const retryMs = 20;

export interface GuestInput {
	/** Bytes that find no room are written later. Ignores them when QEMU does not run. */
	write(bytes: Buffer | string): void;
	close(): void;
}

export function openGuestInput(path: string): GuestInput {
	let fd: number | null = null;
	let waiting: Buffer = Buffer.alloc(0);
	let timer: NodeJS.Timeout | null = null;
	const send = (): void => {
		timer = null;
		try {
			// Fails with ENXIO while no process has it open for reading (fifo(7)).
			fd ??= openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
			while (waiting.length > 0) waiting = waiting.subarray(writeSync(fd, waiting));
		} catch (error) {
			if (hasCode(error, 'EAGAIN', 'ENXIO')) timer = setTimeout(send, retryMs);
			else waiting = Buffer.alloc(0);
		}
	};
	return {
		write(bytes) {
			waiting = Buffer.concat([waiting, Buffer.from(bytes)]).subarray(-maxWaitingBytes);
			if (timer === null) send();
		},
		close() {
			if (timer !== null) clearTimeout(timer);
			if (fd !== null) closeSync(fd);
			fd = null;
			waiting = Buffer.alloc(0);
		},
	};
}
