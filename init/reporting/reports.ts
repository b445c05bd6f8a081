// The ways out of PID 1 for its log: the log file, the event port and its history as JSON, the console for people.

import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { openConsole } from './console.ts';
import { EventHistory } from './event-history.ts';
import { EventPort } from './event-port.ts';
import { createLog } from './log.ts';
import { LogFile } from './log-file.ts';

export interface Reports {
	readonly log: Log;
	/** The events since the boot. */
	readonly history: EventHistory;
	/** Opens the event port if its device is there; to be called again when new devices may have come. */
	tryOpenPort(): void;
	/** Writes what is still buffered, for a bounded time. */
	flush(): void;
}

export interface ReportsOptions {
	readonly logFile: string;
	/** The device of the event port, null when the host wants no events. */
	readonly portPath: string | null;
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
	{ logFile, portPath, onHostLine, nowMs }: ReportsOptions,
): Reports {
	const console = openConsole(native);
	const file = new LogFile(logFile, logFileBytes);
	const port = new EventPort(native, portPath, onHostLine);
	const history = new EventHistory(logFile);
	const log = createLog({
		json(line) {
			file.write(line);
			port.write(line);
			history.onLine(line);
		},
		console: (line) => console.write(line),
		nowSeconds: () => nowMs() / 1000,
	});
	return {
		log,
		history,
		tryOpenPort: () => void port.tryOpen(),
		flush() {
			port.flush(flushMs, nowMs);
			console.flush(flushMs, nowMs);
		},
	};
}
