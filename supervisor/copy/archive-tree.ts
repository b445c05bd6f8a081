// Reads a file or a directory with all in it as a tar. The tree may belong to an attacker who changes it meanwhile: each name is looked up
// by itself in a directory that is open, no symbolic link is followed, and nothing but files and directories is opened.

import { constants } from 'node:fs';
import { type FileHandle, open, readdir, readlink, statfs } from 'node:fs/promises';
import { type CopiedFile, CopyError, fileError, inFolder, pathOnly } from './copied-file.ts';
import { encodeTarHeader, endOfTar, paddingOf } from './tar-codec.ts';

const chunkBytes = 64 * 1024;

/** File systems whose files are made as they are read (linux/magic.h): a copy of /proc/kcore has no end. */
const kernelFileSystems = new Set([
	0x9fa0, // proc
	0x62656572, // sysfs
	0x63677270, // cgroup2
	0x27e0eb, // cgroup
	0x64626720, // debugfs
	0x74726163, // tracefs
	0x73636673, // securityfs
]);

export interface TreeSource {
	/** The directory in which `name` is. */
	readonly folderFd: number;
	/** One component; null when `folderFd` itself is what is read. */
	readonly name: string | null;
	/** Its name in the tar; `.` for the contents of a directory. */
	readonly shown: string;
	/** What stands before `shown` in messages: the path of its directory, with a slash at its end, or nothing. */
	readonly parent: string;
	/** Maps owners; those that have no other number stay. */
	readonly ownerOf?: (uid: number, gid: number) => readonly [uid: number, gid: number];
	/** Is called for what is not in the tar, with a reason in words that follow a name. */
	readonly leftOut: (shown: string, why: string) => void;
}

/** Yields the tar. Throws an `Error` that names the file when it can't be read, or gets shorter. */
export async function* archiveTree(source: TreeSource): AsyncGenerator<Uint8Array, void> {
	yield* archiveEntry(source, source.folderFd, source.name, source.shown, null);
	yield endOfTar;
}

async function* archiveEntry(
	source: TreeSource,
	folderFd: number,
	name: string | null,
	shown: string,
	device: number | null,
): AsyncGenerator<Uint8Array, void> {
	let handle: FileHandle;
	try {
		if (name === null) handle = await open(`/proc/self/fd/${folderFd}`, pathOnly);
		else handle = await open(inFolder(folderFd, name), pathOnly | constants.O_NOFOLLOW);
	} catch (error) {
		throw fileError(source.parent + shown, error);
	}
	try {
		const info = await handle.stat();
		const [uid, gid] = source.ownerOf?.(info.uid, info.gid) ?? [info.uid, info.gid];
		const mtimeSeconds = Math.floor(info.mtimeMs / 1000);
		const common = {
			name: shown,
			mode: info.mode & 0o7777,
			uid,
			gid,
			mtimeSeconds,
			sizeBytes: 0,
			linkname: '',
		};
		if (info.isDirectory()) {
			yield encodeTarHeader({ ...common, kind: 'directory' });
			if (info.dev === device || !(await isOfKernel(handle)))
				yield* archiveChildren(source, handle, shown, info.dev);
			else if (device === null) throw new CopyError(madeByKernel(source.parent + shown));
		} else if (info.isSymbolicLink()) {
			const linkname = await readlink(inFolder(folderFd, name ?? ''), 'latin1');
			yield encodeTarHeader({ ...common, kind: 'symlink', linkname });
		} else if (!info.isFile()) source.leftOut(shown, 'is a device, a socket or a FIFO');
		else if (info.dev !== device && (await isOfKernel(handle))) {
			// A container's file may be a bind of one, which says that it is empty.
			if (device === null) throw new CopyError(madeByKernel(source.parent + shown));
			source.leftOut(shown, 'is made by the kernel as it is read');
		} else yield* archiveFile(handle, { ...common, kind: 'file' }, source.parent + shown);
	} finally {
		await handle.close();
	}
}

function madeByKernel(shown: string): string {
	return `${shown} is of a file system that the kernel makes as it is read (proc, sysfs). Read it with "slipway exec SERVICE -- cat".`;
}

async function isOfKernel({ fd }: FileHandle): Promise<boolean> {
	const { type } = await statfs(`/proc/self/fd/${fd}`);
	return kernelFileSystems.has(type);
}

async function* archiveChildren(
	source: TreeSource,
	{ fd }: FileHandle,
	shown: string,
	device: number,
): AsyncGenerator<Uint8Array, void> {
	let names: string[];
	try {
		names = await readdir(`/proc/self/fd/${fd}`, { encoding: 'latin1' });
	} catch (error) {
		throw fileError(source.parent + shown, error);
	}
	for (const each of names.sort()) yield* archiveEntry(source, fd, each, `${shown}/${each}`, device);
}

/** @param place - open with O_PATH, so that what is opened is what was looked at */
async function* archiveFile(
	place: FileHandle,
	file: CopiedFile,
	path: string,
): AsyncGenerator<Uint8Array, void> {
	let handle: FileHandle;
	try {
		handle = await open(`/proc/self/fd/${place.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch (error) {
		throw fileError(path, error);
	}
	try {
		const { size: sizeBytes } = await handle.stat();
		yield encodeTarHeader({ ...file, sizeBytes });
		for (let left = sizeBytes; left > 0; ) {
			const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(left, chunkBytes)), 0);
			if (bytesRead === 0) throw fileError(path, new Error('it became shorter while it was read'));
			yield buffer.subarray(0, bytesRead);
			left -= bytesRead;
		}
		yield Buffer.alloc(paddingOf(sizeBytes));
	} finally {
		await handle.close();
	}
}
