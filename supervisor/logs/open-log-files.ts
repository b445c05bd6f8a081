// Opens all files of a log at one moment, so that files that are rotated away later can be read to their end.

import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { hasCode } from '../../native/linux/has-code.ts';
import { logFilePath, olderAges } from './log-files.ts';

export interface OpenLogFile {
	readonly fd: number;
	readonly inode: number;
	readonly modifiedAtMs: number;
}

/** A log is not rotated this often while its files are opened. */
const maxAttempts = 10;

/** Returns the files, the oldest first; none when there is no log. The caller closes them. */
export function openLogFiles(path: string): OpenLogFile[] {
	for (let attempt = 1; ; attempt++) {
		const ages = [0, ...olderAges(path)];
		const files = ages.flatMap((age) => openLogFile(logFilePath(path, age)) ?? []).reverse();
		// A rotation between two opens would return a file twice, or none of it.
		if (attempt === maxAttempts || inodeOf(path) === (files.at(-1)?.inode ?? null)) return files;
		closeLogFiles(files);
	}
}

export function closeLogFiles(files: readonly OpenLogFile[]): void {
	for (const { fd } of files) closeSync(fd);
}

export function inodeOf(path: string): number | null {
	return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

function openLogFile(path: string): OpenLogFile | null {
	try {
		const fd = openSync(path, 'r');
		const { ino, mtimeMs } = fstatSync(fd);
		return { fd, inode: ino, modifiedAtMs: mtimeMs };
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return null;
		throw error;
	}
}
