// The end of a log file, without reading the rest.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Five lines of an ordinary log. */
const defaultBytes = 4096;

/** Returns the last bytes of an open file, at most `maxBytes`, and the offset at which they begin. */
export function readTail(
	fd: number,
	maxBytes: number,
	sizeBytes = fstatSync(fd).size,
): { readonly bytes: Buffer; readonly offset: number } {
	const offset = Math.max(0, sizeBytes - maxBytes);
	const buffer = Buffer.alloc(sizeBytes - offset);
	return { bytes: buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, offset)), offset };
}

/**
 * Returns at most `count` last lines of a text file, oldest first, without blank ones; none when it can't be read.
 *
 * @param file - a path, or a descriptor that is open for reading
 * @param maxBytes - how much of the file is read, from its end
 */
export function lastLines(file: string | number, count: number, maxBytes = defaultBytes): string[] {
	if (count === 0) return [];
	const lines = tailText(file, maxBytes).split('\n');
	return lines.filter((line) => line.trim() !== '').slice(-count);
}

function tailText(file: string | number, maxBytes: number): string {
	if (typeof file === 'number') return readTail(file, maxBytes).bytes.toString('utf8');
	let fd: number;
	try {
		fd = openSync(file, 'r');
	} catch {
		return '';
	}
	try {
		return tailText(fd, maxBytes);
	} catch {
		return '';
	} finally {
		closeSync(fd);
	}
}
