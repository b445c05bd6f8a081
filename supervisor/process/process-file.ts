// Opens files in /proc/PID of one process, and not of a later process with the same pid.

import { closeSync, openSync } from 'node:fs';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

/** A probe could not run. This says nothing about the service. */
export class NotAskedError extends Error {
	constructor(reason: string, cause: unknown) {
		super(reason, { cause });
		this.name = 'NotAskedError';
	}
}

/** Returns a descriptor, which the caller closes. Throws `NotAskedError`: the end of a service is reported elsewhere. */
export function openProcessFile(process: ProcessIdentity, name: string, flags: number): number {
	let fd: number;
	try {
		fd = openSync(`/proc/${process.pid}/${name}`, flags);
	} catch (error) {
		throw new NotAskedError('the service has ended, or PID 1 has no descriptors left', error);
	}
	// An open file belongs to the same process, even if another process gets the pid later.
	if (identifyProcess(process.pid)?.startTicks === process.startTicks) return fd;
	closeSync(fd);
	throw new NotAskedError('the service has ended', null);
}
