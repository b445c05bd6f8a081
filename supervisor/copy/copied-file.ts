// A file, directory or link on its way between the host and a container, and its names. A name is a string of its bytes (`latin1`), because
// to the kernel it consists of any bytes.

import { getSystemErrorMessage } from 'node:util';
import { errorMessage } from '../../native/text/error-message.ts';

export interface CopiedFile {
	readonly name: string;
	readonly kind: 'file' | 'directory' | 'symlink' | 'link' | 'character' | 'block' | 'fifo';
	/** Permission bits, setuid, setgid and sticky included. */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly mtimeSeconds: number;
	readonly sizeBytes: number;
	/** The target of a symbolic link, or the name of the file that a hard link is another name of. */
	readonly linkname: string;
}

/** A tar that is refused, or a file that can't be read or written. The message names it, and is a sentence. */
export class CopyError extends Error {
	override readonly name = 'CopyError';
}

/** `O_PATH` of the kernel's asm-generic/fcntl.h, which node:fs lacks. Such a descriptor only stands for what it was opened with. */
export const pathOnly = 0o10000000;

/**
 * Returns the path of a name in an open directory. Only its last component is looked up, and the directory stays the same whatever
 * becomes of its path meanwhile.
 *
 * @param name - one component, without slashes
 */
export function inFolder(folderFd: number, name: string): Buffer {
	return Buffer.from(`/proc/self/fd/${folderFd}/${name}`, 'latin1');
}

/** Splits a name of an archive. Throws for one that leads out of its directory. */
export function splitName(name: string): string[] {
	const parts = name.split('/').filter((part) => part !== '' && part !== '.');
	if (parts.includes('..') || name.includes('\0'))
		throw new CopyError(
			`The tar has the name ${JSON.stringify(shownName(name))}, which leads out of its directory.`,
		);
	return parts;
}

/** Returns the last component of a path as a name; null when that is no entry of a directory: the root, `.` or `..`. */
export function lastComponent(path: string): string | null {
	const last = /([^/]*)\/*$/.exec(path)?.[1] ?? '';
	return ['', '.', '..'].includes(last) ? null : nameOf(last);
}

/** Returns the path without its last component; empty for a name alone. */
export function parentOf(path: string): string {
	return path.replace(/[^/]*\/*$/, '');
}

export function nameOf(text: string): string {
	return Buffer.from(text).toString('latin1');
}

export function shownName(name: string): string {
	return Buffer.from(name, 'latin1').toString('utf8');
}

/** Makes an error for a file of a system call's error, whose own path is one of /proc. */
export function fileError(name: string, cause: unknown): CopyError {
	const { errno } = cause as NodeJS.ErrnoException;
	const words = errno === undefined ? errorMessage(cause) : getSystemErrorMessage(-Math.abs(errno));
	return new CopyError(`${shownName(name)}: ${words}.`, { cause });
}
