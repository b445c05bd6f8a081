// All files of a log, opened at one moment: what is rotated away later can still be read to its end.

import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { logFilePath, olderAges } from './log-files.ts';

export interface OpenLogFile {
	readonly fd: number;
	readonly inode: number;
	readonly modifiedAtMs: number;
}

/** A log can't be rotated that often while its files are being opened. */
const maxAttempts = 10;

/** The oldest first; none when there is no log. The caller closes them. */
export function openLogFiles(path: string): OpenLogFile[] {
	for (let attempt = 1; ; attempt++) {
		const ages = [0, ...olderAges(path)];
		const files = ages.flatMap((age) => openLogFile(logFilePath(path, age)) ?? []).reverse();
		// A rotation meanwhile would give a file twice, or leave one out.
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
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
		throw error;
	}
}
