// Bytes of a disk, a partition or a file, by their place.

import { closeSync, openSync, readSync } from 'node:fs';

export interface BlockReader {
	readonly sizeBytes: number;
	/** A logical sector of the device: what tables count in. */
	readonly sectorBytes: number;
	/** Returns as many bytes as requested; zeros past the device's end, so that no signature is read in part. */
	read(offset: number, length: number): Buffer;
}

export interface DeviceSize {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
}

/** Opens `path` for reading while `look` runs. Throws Node's errors: ENOMEDIUM, EIO, … */
export function withReader<T>(path: string, size: DeviceSize, look: (reader: BlockReader) => T): T {
	const fd = openSync(path, 'r');
	try {
		return look({ ...size, read: (offset, length) => readFully(fd, size.sizeBytes, offset, length) });
	} finally {
		closeSync(fd);
	}
}

function readFully(fd: number, sizeBytes: number, offset: number, length: number): Buffer {
	const bytes = Buffer.alloc(length);
	const start = Math.max(offset, 0);
	let done = start - offset;
	const end = Math.min(length, sizeBytes - offset);
	while (done < end) {
		const count = readSync(fd, bytes, done, end - done, offset + done);
		if (count === 0) break;
		done += count;
	}
	return bytes;
}
