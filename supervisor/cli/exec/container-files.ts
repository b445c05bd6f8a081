// Small files of a container, read from outside: whatever the container has put there (links that lead out, a FIFO, a
// device, gigabytes) must not hurt who reads.

import { closeSync, constants, fstatSync, readSync } from 'node:fs';
import type { Native } from '../../../native/native.ts';

const maxBytes = 1024 * 1024;

/** Empty where there is no such file. */
export function readInContainer(native: Pick<Native, 'openInRoot'>, rootFd: number, path: string): string {
	let fd: number;
	try {
		fd = native.openInRoot(rootFd, path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
	} catch {
		return '';
	}
	try {
		if (!fstatSync(fd).isFile()) return '';
		const buffer = Buffer.alloc(Math.min(fstatSync(fd).size, maxBytes));
		return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
	} finally {
		closeSync(fd);
	}
}
