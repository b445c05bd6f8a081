// Connects PID 1's log with its outputs: the log file, the event port and the event history get JSON, the console text.

import { constants as fsConstants, openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { BoundedWriter } from './bounded-writer.ts';
import { EventHistory } from './event-history.ts';
import { EventPort } from './event-port.ts';
import { createLog } from './log.ts';
import { LogFile } from './log-file.ts';

export interface Reports {
	readonly log: Log;
	/** The events since the boot. */
	readonly history: EventHistory;
	/** Opens the event port if its device exists; to be called again when there may be new devices. */
	tryOpenPort(): void;
	/** Writes what is still buffered, for a bounded time. */
	flush(): void;
}

interface ReportsOptions {
	readonly logFile: string;
	/** The device of the event port, null when the host wants no events. */
	readonly portPath: string | null;
	/** Receives each line that the host sends through the event port. */
	readonly onHostLine: (line: string) => void;
	/** Milliseconds of CLOCK_MONOTONIC. */
	readonly nowMs: () => number;
}

const logFileBytes = 1024 * 1024;
const consoleBufferBytes = 64 * 1024;
/** The last lines of a boot must get out, but a port that nobody reads must not hold up the end. */
const flushMs = 500;

export function openReports(
	native: Native,
	{ logFile, portPath, onHostLine, nowMs }: ReportsOptions,
): Reports {
	const { writer, console } = openConsole(native);
	const file = new LogFile(logFile, logFileBytes);
	const port = new EventPort(native, portPath, onHostLine);
	const history = new EventHistory(logFile);
	const log = createLog({
		json(line) {
			file.write(line);
			port.write(line);
			history.onLine(line);
		},
		console,
		nowSeconds: () => nowMs() / 1000,
	});
	return {
		log,
		history,
		tryOpenPort: () => void port.tryOpen(),
		flush() {
			port.flush(flushMs, nowMs);
			writer.flush(flushMs, nowMs);
		},
	};
}

/**
 * The console never blocks PID 1: flow control may stop a serial line for ever. While a person types at it, only what is urgent
 * is written, on lines of its own; the log has the rest.
 */
function openConsole(native: Pick<Native, 'writeAvailable' | 'isCanonical'>) {
	const fd = openConsoleFile();
	const writer = new BoundedWriter({
		write: (bytes) => native.writeAvailable(fd, bytes),
		maxBytes: consoleBufferBytes,
		lostLine: (lostLines) => `... ${lostLines} lines were lost: the console is too slow\r\n`,
		later: setTimeout,
	});
	writer.open();
	const isTypedAt = (): boolean => {
		try {
			return native.isCanonical(fd) === 0;
		} catch {
			// No terminal.
			return false;
		}
	};
	return {
		writer,
		console(line: string, isUrgent: boolean): void {
			const isTyped = isTypedAt();
			if (isUrgent || !isTyped) writer.write(isTyped ? `\r\n${line}` : line);
		},
	};
}

/** Opens a descriptor of its own, so that O_NONBLOCK concerns no child that inherits 0, 1 and 2. */
function openConsoleFile(): number {
	const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fsConstants;
	try {
		return openSync('/dev/console', O_WRONLY | O_NONBLOCK | O_NOCTTY);
	} catch {
		// With `console=null`, or in a /dev without a console: the kernel's standard error.
		return 2;
	}
}
