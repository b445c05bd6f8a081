// The services of PID 1 that the supervisor uses. init/ and the tests pass it in.

import type { Native } from '../../native/native.ts';
import type { EngineName } from '../contract/supervision.ts';
import type { ChildProcesses } from './child-processes.ts';
import type { Log } from './log.ts';

export interface SupervisorContext {
	readonly native: Native;
	readonly children: ChildProcesses;
	readonly log: Log;
	/** The runtime of onboot and onshutdown containers that name none; absent: runc. */
	readonly engine?: EngineName;
	/** Returns milliseconds of CLOCK_MONOTONIC. */
	now(): number;
	/** Requests the end of the system because of a container. */
	power(action: 'reboot' | 'poweroff' | 'halt', reason: string): void;
}
