// Is there such a path, as the container sees it?
//
// Links are followed, but never out of the container's root. The file system may be one that hangs or that the
// container itself serves: the lookup has a thread of its own, and its answer comes over a pipe.

import { closeSync, constants } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { constant } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';
import { openProcessFile } from '../process/process-file.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import type { Ask } from './question.ts';

const ERRNO_BYTES = 4;

/**
 * Aborted, the question stays open until the file system answers: there is never more than one thread waiting
 * for a service's.
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
				const bytes = native.readAvailable(answerFd, ERRNO_BYTES);
				resolve(Buffer.from(bytes ?? []).readInt32LE());
			} catch (error) {
				reject(error);
			} finally {
				closeSync(answerFd);
			}
		});
	});
}
