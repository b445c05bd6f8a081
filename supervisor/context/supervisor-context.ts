// The services of PID 1 that the supervisor uses. init/ and the tests pass it in.

import type { Native } from '../../native/native.ts';
import type { ChildProcesses } from './child-processes.ts';
import type { Log } from './log.ts';

export interface SupervisorContext {
	readonly native: Native;
	readonly children: ChildProcesses;
	readonly log: Log;
	/** Returns milliseconds of CLOCK_MONOTONIC. */
	now(): number;
	/** Requests the end of the system because of a container. */
	power(action: 'reboot' | 'poweroff' | 'halt', reason: string): void;
}
