// Describes how a process ended.

import type { ChildExit } from '../../native/native.ts';

/** Returns e.g. `exited with status 1`, `was killed by SIGKILL`. */
export function describeExit(exit: ChildExit): string {
	return exit.signal === null
		? `exited with status ${exit.exitCode ?? 'unknown'}`
		: `was killed by ${exit.signal}`;
}

export function succeeded(exit: ChildExit): boolean {
	return exit.exitCode === 0;
}
