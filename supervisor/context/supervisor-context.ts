// The supervisor's surroundings: init/ hands them in, and so do the tests.

import type { Native } from '../../native/native.ts';
import type { ChildProcesses } from './child-processes.ts';
import type { Log } from './log.ts';

export interface SupervisorContext {
	readonly native: Native;
	readonly children: ChildProcesses;
	readonly log: Log;
	/** Milliseconds of CLOCK_MONOTONIC. */
	now(): number;
	/** Asks for the end of the system, because of a container. */
	power(action: 'reboot' | 'poweroff' | 'halt', reason: string): void;
}
