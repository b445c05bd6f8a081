// The calls for files that node:fs lacks.

import { fd, lengthBytes, path } from './arguments.ts';
import { argument, call, converted, none, number, place, value } from './call.ts';
import { bytes, descriptor, int, text } from './check.ts';

const mode = argument<[mode: number]>('mode', int);
const major = argument<[major: number]>('major', int);
const minor = argument<[minor: number]>('minor', int);
const attribute = argument<[name: string]>('name', text);
const attributeValue = argument<[value: Uint8Array]>('value', bytes);
const fromPath = place<[fromPath: string]>('fromPath', text);
const toPath = place<[toPath: string]>('toPath', text);
const outFd = argument<[outFd: number]>('outFd', descriptor);
const inFd = argument<[inFd: number]>('inFd', descriptor);

export const fileCalls = {
	mknod: call('mknod', [path, mode, major, minor], none),
	mkfifo: call('mkfifo', [path, mode], none),
	/** Returns the names of extended attributes; does not follow a symlink at the end of the path. */
	llistxattr: call('llistxattr', [path], converted(namesOf)),
	lgetxattr: call('lgetxattr', [path, attribute], value<Buffer>()),
	lsetxattr: call('lsetxattr', [path, attribute, attributeValue], none),
	/** utimensat with AT_SYMLINK_NOFOLLOW: copies the times with their nanoseconds. */
	copyTimes: call('utimensat', [fromPath, toPath], none),
	/** Copies bytes between two open files in the kernel (`sendfile(2)`); returns how many. */
	sendfile: call('sendfile', [outFd, inFd, lengthBytes], number),
	/** `fallocate(2)` without flags: allocates a file's blocks from its beginning. EOPNOTSUPP: the file system can't. */
	fallocate: call('fallocate', [fd, lengthBytes], none),
};

/** Each name ends in a NUL byte. */
function namesOf(names: Buffer): string[] {
	return names
		.toString()
		.split('\0')
		.filter((name) => name !== '');
}
