// Files of /proc/PID, of exactly that process: its number may by now be another's.

import { closeSync, openSync } from 'node:fs';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

/** The question did not reach the service, which is no sign against it. */
export class NotAskedError extends Error {
	constructor(reason: string, cause: unknown) {
		super(reason, { cause });
		this.name = 'NotAskedError';
	}
}

/** A descriptor, to be closed by the caller. Throws `NotAskedError`: the end of a service is told elsewhere. */
export function openProcessFile(process: ProcessIdentity, name: string, flags: number): number {
	let fd: number;
	try {
		fd = openSync(`/proc/${process.pid}/${name}`, flags);
	} catch (error) {
		throw new NotAskedError('the service has ended, or PID 1 has no descriptors left', error);
	}
	// What was opened stays what it is, whoever has the number from here on.
	if (identifyProcess(process.pid)?.startTicks === process.startTicks) return fd;
	closeSync(fd);
	throw new NotAskedError('the service has ended', null);
}
