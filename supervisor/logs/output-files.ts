// The two files that a container's output goes to: `NAME.out.log` for stdout and `NAME.log` for stderr, as
// LinuxKit names them.

import { closeSync, existsSync, fstatSync, openSync, readSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';

export interface OutputPaths {
	readonly stdout: string;
	readonly stderr: string;
}

export interface OutputFiles {
	readonly stdoutFd: number;
	readonly stderrFd: number;
	close(): void;
}

export function outputPaths(folder: string, name: string): OutputPaths {
	return { stdout: join(folder, `${name}.out.log`), stderr: join(folder, `${name}.log`) };
}

/** Opened for appending: what an earlier run wrote is kept. Readable too, for `lastLines`. */
export function openOutputFiles(paths: OutputPaths): OutputFiles {
	const stdoutFd = openAppending(paths.stdout);
	const stderrFd = openAppending(paths.stderr);
	return {
		stdoutFd,
		stderrFd,
		close() {
			closeSync(stdoutFd);
			closeSync(stderrFd);
		},
	};
}

export function openAppending(path: string): number {
	try {
		return openSync(path, 'a+', 0o644);
	} catch {
		makeFolder(dirname(path));
		return openSync(path, 'a+', 0o644);
	}
}

/**
 * Makes logs that lie in `folder` findable in `logFolder`. Called again when a disk may have been mounted over
 * it meanwhile; best effort.
 */
export function linkOutputFiles(paths: OutputPaths, linked: OutputPaths): void {
	for (const [path, link] of [
		[paths.stdout, linked.stdout],
		[paths.stderr, linked.stderr],
	] as const) {
		try {
			makeFolder(dirname(link));
			if (!existsSync(link)) symlinkSync(path, link);
		} catch {
			// A read-only /var/log: the log itself is still where its message says.
		}
	}
}

const TAIL_BYTES = 4096;

/** At most `count` last lines of an open file, without empty ones. */
export function lastLines(fd: number, count: number): string[] {
	const { size } = fstatSync(fd);
	const start = Math.max(0, size - TAIL_BYTES);
	const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
	const length = readSync(fd, buffer, 0, buffer.length, start);
	return buffer
		.toString('utf8', 0, length)
		.split('\n')
		.filter((line) => line.trim() !== '')
		.slice(-count);
}

/** The same for a file by its path; none when it can't be read. */
export function lastLinesOf(path: string, count: number): string[] {
	try {
		const fd = openSync(path, 'r');
		try {
			return lastLines(fd, count);
		} finally {
			closeSync(fd);
		}
	} catch {
		return [];
	}
}
