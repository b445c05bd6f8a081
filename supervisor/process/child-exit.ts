// Says what the end of a process means: in words, and as the exit code of a program that ran it.

import { constants } from 'node:os';
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

/** Returns the exit code as shells have it: 128 and the number of the signal for a process that a signal has ended. */
export function exitCodeOf({ exitCode, signal }: ChildExit): number {
	if (exitCode !== null) return exitCode;
	return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}
