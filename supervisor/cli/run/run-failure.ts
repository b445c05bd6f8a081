// Why a container of `service run` was killed, or could not join a service, in sentences.

import { readlinkSync } from 'node:fs';
import { SyscallError } from '../../../native/syscall-error.ts';
import type { ServiceProcess } from '../../contract/protocol.ts';
import { identifyProcess } from '../../process/process-identity.ts';

/** Of a program that SIGKILL ended. */
const killedCode = 137;

/**
 * Reports whether a service has ended whose processes a container shares. Its first process has no root any longer
 * while the kernel kills all in its pid namespace; it goes when those have gone.
 */
export function hasEnded({ pid, startTicks }: ServiceProcess): boolean {
	try {
		readlinkSync(`/proc/${pid}/root`);
		return identifyProcess(pid)?.startTicks !== startTicks;
	} catch {
		return true;
	}
}

/** Returns a better error for one of clone(2) in the pid namespace of a service that has ended: the kernel says ENOMEM. */
export function inEndedService(error: unknown, endedService: string | null): unknown {
	const isOfClone = error instanceof SyscallError && error.syscall === 'clone';
	if (endedService === null || !isOfClone) return error;
	return new Error(`--pid ${endedService}: the service has ended meanwhile. Try again when it runs.`, {
		cause: error,
	});
}

/**
 * Returns why a program was killed; null when it was not, or nobody knows.
 *
 * @param outOfMemory - what `outOfMemoryNote` says of its cgroup
 * @param endedService - the service whose processes it shared, when that has ended
 */
export function killNote(exitCode: number, outOfMemory: string, endedService: string | null): string | null {
	if (exitCode !== killedCode) return null;
	if (outOfMemory !== '') return outOfMemory.replace(/^; /, '');
	return endedService === null
		? null
		: `killed because the service ${endedService} has ended, whose processes it shared`;
}
