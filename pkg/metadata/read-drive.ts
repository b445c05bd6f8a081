// The files of a config drive, each bounded. The drive is mounted for reading, for as long as that takes; what is on it
// is not trusted: no device, no program, no link of its counts.

import {
	closeSync,
	constants as fsConstants,
	fstatSync,
	mkdtempSync,
	openSync,
	readSync,
	rmdirSync,
} from 'node:fs';
import { join } from 'node:path';
import { constant, flags } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { AppletError } from '../applet/applet.ts';
import type { Drive } from './find-drive.ts';

export interface DriveFiles {
	readonly userData: Buffer | null;
	readonly metaData: Buffer | null;
	readonly networkConfig: Buffer | null;
}

/** That of `slipway run --data`. */
const maxBytes = 16 * 2 ** 20;

export function readDrive(
	native: Pick<Native, 'constants' | 'mount' | 'umount2'>,
	drive: Drive,
	scratch: string,
): DriveFiles {
	const bits = flags(native, ['MS_RDONLY', 'MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC', 'MS_NOSYMFOLLOW']);
	const folder = mkdtempSync(join(scratch, 'metadata-'));
	try {
		native.mount(drive.path, folder, drive.fileSystem, bits, null);
		try {
			return readFiles(folder);
		} finally {
			native.umount2(folder, constant(native, 'MNT_DETACH'));
		}
	} catch (cause) {
		if (cause instanceof AppletError) throw cause;
		const reason = errorMessage(cause);
		throw new AppletError(`${drive.path} (${drive.fileSystem}) can't be read: ${reason}`, { cause });
	} finally {
		rmdirSync(folder);
	}
}

function readFiles(folder: string): DriveFiles {
	return {
		// The name of the specification, then LinuxKit's own.
		userData: readSmall(join(folder, 'user-data')) ?? readSmall(join(folder, 'config')),
		metaData: readSmall(join(folder, 'meta-data')),
		networkConfig: readSmall(join(folder, 'network-config')),
	};
}

/** Returns null when there is no such file, or an empty one. */
export function readSmall(path: string): Buffer | null {
	const fd = openIfThere(path);
	if (fd === null) return null;
	try {
		const stats = fstatSync(fd);
		if (!stats.isFile()) throw new AppletError(`${path} is no file`);
		if (stats.size > maxBytes) {
			throw new AppletError(`${path} has ${stats.size} bytes; up to ${maxBytes / 2 ** 20} MiB are read`);
		}
		const bytes = Buffer.alloc(stats.size);
		for (let read = 0; read < bytes.length; ) {
			const length = readSync(fd, bytes, read, bytes.length - read, read);
			if (length === 0) throw new AppletError(`${path} ended after ${read} of ${bytes.length} bytes`);
			read += length;
		}
		return bytes.length === 0 ? null : bytes;
	} finally {
		closeSync(fd);
	}
}

function openIfThere(path: string): number | null {
	try {
		// A FIFO must not hold us up.
		return openSync(path, fsConstants.O_RDONLY | fsConstants.O_NOFOLLOW | fsConstants.O_NONBLOCK);
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return null;
		throw error;
	}
}
