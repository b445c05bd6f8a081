// The probe `file`: asks whether a path exists, as the container sees it.
//
// The lookup follows links, but never out of the container's root. The file system may hang, or the container may serve it
// itself, so the lookup runs in a thread of its own, and its answer arrives over a pipe.

import { closeSync, constants } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { constant } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';
import { openProcessFile } from '../process/process-file.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import type { Ask } from './probe-schedule.ts';

const errnoBytes = 4;

/**
 * An abort does not end the question: it stays open until the file system answers, so that at most one thread waits for a
 * service's file system.
 */
export function askFile(native: Native, process: ProcessIdentity, path: string): Ask {
	return async (_signal, onBegun) => {
		onBegun();
		const errno = await lookUp(native, process, path);
		return errno === 0 ? null : getSystemErrorMessage(-errno);
	};
}

async function lookUp(native: Native, process: ProcessIdentity, path: string): Promise<number> {
	const flags = constants.O_DIRECTORY | constant(native, 'O_PATH');
	const rootFd = openProcessFile(process, 'root', flags);
	let ends: [number, number];
	try {
		ends = native.pipe();
	} catch (error) {
		closeSync(rootFd);
		throw error;
	}
	const [answerFd, reportFd] = ends;
	try {
		native.lookUpInRoot(rootFd, path, reportFd);
	} catch (error) {
		for (const fd of [rootFd, reportFd, answerFd]) closeSync(fd);
		throw error;
	}
	return new Promise((resolve, reject) => {
		const stop = native.watchReadable(answerFd, () => {
			stop();
			try {
				const bytes = native.readAvailable(answerFd, errnoBytes);
				resolve(Buffer.from(bytes ?? []).readInt32LE());
			} catch (error) {
				reject(error);
			} finally {
				closeSync(answerFd);
			}
		});
	});
}
