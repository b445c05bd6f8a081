// Connects PID 1's log with its outputs: the log file, the event port and the event history get JSON, the consoles text.

import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { Consoles } from './consoles.ts';
import { EventHistory } from './event-history.ts';
import { EventPort } from './event-port.ts';
import { createLog } from './log.ts';
import { LogFile } from './log-file.ts';

export interface Reports {
	readonly log: Log;
	/** The events since the boot. */
	readonly history: EventHistory;
	/** Opens the event port and the consoles whose devices exist; to be called again when there may be new devices. */
	tryOpenPorts(): void;
	/** Writes what is still buffered, for a bounded time. */
	flush(): void;
}

interface ReportsOptions {
	readonly logFile: string;
	/** The device of the event port, null when the host wants no events. */
	readonly portPath: string | null;
	/** False in an inner namespace: the kernel's other consoles belong to the machine around it. */
	readonly ownsConsoles: boolean;
	/** Receives each line that the host sends through the event port. */
	readonly onHostLine: (line: string) => void;
	/** Milliseconds of CLOCK_MONOTONIC. */
	readonly nowMs: () => number;
}

const logFileBytes = 1024 * 1024;
/** The last lines of a boot must get out, but a port that nobody reads must not hold up the end. */
const flushMs = 500;

export function openReports(
	native: Native,
	{ logFile, portPath, ownsConsoles, onHostLine, nowMs }: ReportsOptions,
): Reports {
	const consoles = new Consoles(native, {
		list: ownsConsoles ? '/proc/consoles' : null,
		devices: '/dev',
	});
	const file = new LogFile(logFile, logFileBytes);
	const port = new EventPort(native, portPath, onHostLine);
	const history = new EventHistory(logFile);
	const log = createLog({
		json(line) {
			file.write(line);
			port.write(line);
			history.onLine(line);
		},
		console: (line, isUrgent) => consoles.write(line, isUrgent),
		nowSeconds: () => nowMs() / 1000,
	});
	return {
		log,
		history,
		tryOpenPorts() {
			port.tryOpen();
			consoles.tryOpen();
		},
		flush() {
			port.flush(flushMs, nowMs);
			consoles.flush(flushMs, nowMs);
		},
	};
}
