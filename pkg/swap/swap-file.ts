// The file that swap goes to: all its blocks are there, nobody else can read it, and it begins with a swap header.

import {
	closeSync,
	constants,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	openSync,
	readSync,
	rmSync,
	writeSync,
} from 'node:fs';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';
import { AppletError } from '../applet/applet.ts';
import { isSwapOrBlank, pageSizeBytes, smallestPages, swapHeader } from './swap-header.ts';

/** Throws `AppletError`; a file that it made is gone again then, one that was there is as it was. */
export function makeSwapFile(native: Pick<Native, 'fallocate'>, path: string, sizeBytes: number): void {
	const pageBytes = pageSizeBytes();
	if (sizeBytes < smallestPages * pageBytes) {
		throw new AppletError(`${sizeBytes} bytes are too few: at least ${smallestPages * pageBytes}`);
	}
	const fd = open(path);
	let isOurs = false;
	try {
		const { size } = fstatSync(fd);
		refuseForeign(fd, path, size, pageBytes);
		isOurs = size === 0;
		if (size !== sizeBytes) allocate(native, fd, sizeBytes);
		writeSync(fd, swapHeader(sizeBytes, pageBytes), 0, pageBytes, 0);
		fsyncSync(fd);
	} catch (cause) {
		if (isOurs) rmSync(path, { force: true });
		if (cause instanceof AppletError) throw cause;
		throw new AppletError(`${path} can't be made: ${String(cause)}`, { cause });
	} finally {
		closeSync(fd);
	}
}

function open(path: string): number {
	const how = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
	try {
		return openSync(path, how, 0o600);
	} catch (cause) {
		throw new AppletError(`${path} can't be made: ${String(cause)}`, { cause });
	}
}

function refuseForeign(fd: number, path: string, sizeBytes: number, pageBytes: number): void {
	const info = fstatSync(fd);
	if (!info.isFile()) throw new AppletError(`${path} is no file`);
	if (sizeBytes === 0) return;
	const page = Buffer.alloc(pageBytes);
	readSync(fd, page, 0, pageBytes, 0);
	if (!isSwapOrBlank(page, pageBytes)) {
		throw new AppletError(`${path} holds something that is no swap. Remove it, or give another --path.`);
	}
}

/** swapon(2) takes no file with holes. */
function allocate(native: Pick<Native, 'fallocate'>, fd: number, sizeBytes: number): void {
	ftruncateSync(fd, 0);
	try {
		native.fallocate(fd, sizeBytes);
	} catch (error) {
		if (!hasCode(error, 'EOPNOTSUPP')) throw error;
		writeZeros(fd, sizeBytes);
	}
}

function writeZeros(fd: number, sizeBytes: number): void {
	const zeros = Buffer.alloc(1024 * 1024);
	for (let done = 0; done < sizeBytes; ) {
		done += writeSync(fd, zeros, 0, Math.min(zeros.length, sizeBytes - done), done);
	}
}
