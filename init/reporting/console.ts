// The human lines' way to /dev/console, which must never hang PID 1: a serial line may be stopped by flow control
// for ever. A descriptor of our own, so that O_NONBLOCK concerns no child that inherits 0, 1 and 2.

import { constants as fsConstants, openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import { BoundedWriter } from './bounded-writer.ts';

const maxWaitingBytes = 64 * 1024;

export function openConsole(native: Pick<Native, 'writeAvailable'>): BoundedWriter {
	const fd = openConsoleFile();
	const writer = new BoundedWriter({
		write: (bytes) => native.writeAvailable(fd, bytes),
		maxBytes: maxWaitingBytes,
		lostLine: (lostLines) => `... ${lostLines} lines were lost: the console is too slow\r\n`,
		later: setTimeout,
	});
	writer.open();
	return writer;
}

function openConsoleFile(): number {
	const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fsConstants;
	try {
		return openSync('/dev/console', O_WRONLY | O_NONBLOCK | O_NOCTTY);
	} catch {
		// `console=null`, or a /dev without one: what the kernel gave us as standard error.
		return 2;
	}
}
