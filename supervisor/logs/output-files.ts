// The two files of a container's output: `NAME.out.log` for stdout and `NAME.log` for stderr, as LinuxKit names them.

import { closeSync, existsSync, openSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
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
	return { stdout: `${folder}/${name}.out.log`, stderr: `${folder}/${name}.log` };
}

/** Opens both for appending, so that the output of an earlier run stays, and for reading, for `lastLines`. */
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
 * Makes symbolic links to both files at `linked`, best effort. Call it again when a disk may have been mounted over the folder
 * of `linked`.
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
			// On a read-only /var/log, messages still name the file itself.
		}
	}
}
