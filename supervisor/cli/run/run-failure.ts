// Why a container of `service run` could not be started, or was killed, in sentences that name the options.

import { readlinkSync, statSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { SyscallError } from '../../../native/syscall-error.ts';
import type { ServiceProcess } from '../../contract/protocol.ts';
import type { RuntimeSpec } from '../../contract/runtime-spec.ts';
import { identifyProcess } from '../../process/process-identity.ts';
import { notStarted } from '../exec/run-in-container.ts';
import type { Bind, RunRequest } from './run-arguments.ts';

/** Of a program that SIGKILL ended. */
const killedCode = 137;

/** Throws an `Error` for a path of the machine that is not there. */
export function requireSources(binds: readonly Bind[]): void {
	for (const { source, destination } of binds) {
		try {
			statSync(source);
		} catch (cause) {
			const { errno = 0 } = cause as NodeJS.ErrnoException;
			const why = getSystemErrorMessage(-Math.abs(errno));
			throw new Error(`-v ${source}:${destination}: ${source} of the machine: ${why}. Make it first.`, {
				cause,
			});
		}
	}
}

/** Returns an error with the reason and, for a program that is not there, the exit code of a shell. */
export function runFailure(error: unknown, { binds }: RunRequest, process: RuntimeSpec['process']): unknown {
	if (!(error instanceof SyscallError)) return error;
	const bind = binds.find(({ source }) => source === error.path);
	if (bind !== undefined && error.code === 'ENOTDIR')
		return new Error(
			`-v ${bind.source}:${bind.destination}: one of them is a directory and the other is none. Choose another place.`,
			{ cause: error },
		);
	return notStarted(error, process);
}

/**
 * Reports whether a service has ended whose processes a container shares. Its first process has no root any longer from the moment in which the
 * kernel kills all in its pid namespace; it goes when those have gone.
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
