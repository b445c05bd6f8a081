// Opens the files that a client of the network may read: regular files below the served directories, by their resolved place,
// and the boot programs of iPXE. No name of a client leads out of them, not even through a symbolic link.

import { constants } from 'node:fs';
import { type FileHandle, open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { errorMessage } from '../../native/text/error-message.ts';
import { SlipwayError } from '../errors.ts';
import { isSystemError } from '../files/system-error.ts';

export interface ServedFile {
	/** The caller closes it. */
	readonly handle: FileHandle;
	readonly sizeBytes: number;
	readonly modifiedAt: Date;
}

export interface ServedFiles {
	/** Returns null when there is no such file, or it may not be read. */
	open(path: string): Promise<ServedFile | null>;
	/** The names of the files at the top of the directories. */
	list(): Promise<readonly string[]>;
}

const maxPathLength = 1024;
const maxNames = 10_000;

/** The programs by which a firmware's PXE or HTTP boot starts iPXE, and where Debian's package `ipxe` has them. */
const bootPrograms: Readonly<Record<string, string>> = {
	'undionly.kpxe': '/usr/lib/ipxe/undionly.kpxe',
	'snponly.efi': '/usr/lib/ipxe/snponly.efi',
	'ipxe.efi': '/boot/ipxe.efi',
};

export function isInPackage(program: string): boolean {
	return Object.hasOwn(bootPrograms, program);
}

/** Throws a `SlipwayError` for a directory that can't be read. Of several files with one name the first directory's is served. */
export async function servedFiles(
	directories: readonly string[],
	programs: Readonly<Record<string, string>> = bootPrograms,
): Promise<ServedFiles> {
	const roots = await Promise.all(directories.map(resolvedDirectory));
	return {
		async open(path) {
			const relative = relativePath(path);
			if (relative === null) return null;
			for (const root of roots) {
				const file = await openBelow(root, join(root, relative));
				if (file !== null) return file;
			}
			const program = Object.hasOwn(programs, relative) ? programs[relative] : undefined;
			return program === undefined ? null : await openBelow(program, program);
		},
		async list() {
			const names = await Promise.all(roots.map(async (root) => await readdir(root)));
			return [...new Set(names.flat())].filter((name) => !name.startsWith('.')).slice(0, maxNames);
		},
	};
}

export async function isServed(files: ServedFiles, path: string): Promise<boolean> {
	const file = await files.open(path);
	await file?.handle.close();
	return file !== null;
}

async function resolvedDirectory(directory: string): Promise<string> {
	try {
		const root = await realpath(directory);
		if ((await stat(root)).isDirectory()) return root;
	} catch (cause) {
		const why = isSystemError(cause) ? getSystemErrorMessage(cause.errno ?? 0) : errorMessage(cause);
		throw new SlipwayError('NO_FILE', `${directory}: the directory can't be read: ${why}.`, { cause });
	}
	throw new SlipwayError(
		'NO_FILE',
		`${directory} is no directory. Name the one of its files: slipway serve DIR`,
	);
}

/** Returns null for a path with a hidden name, `..` among them. Such files, as `.git` and `.env`, are nobody's system. */
function relativePath(path: string): string | null {
	if (path.length > maxPathLength || path.includes('\0')) return null;
	const names = path.split('/').filter((name) => name !== '');
	return names.length === 0 || names.some((name) => name.startsWith('.')) ? null : names.join('/');
}

/** Opens a regular file. What a link points to counts, and it is looked at once more when the file is open. */
async function openBelow(root: string, path: string): Promise<ServedFile | null> {
	let handle: FileHandle | null = null;
	try {
		const resolved = await realpath(path);
		// A FIFO or device must not even be opened: that can have effects.
		if (!isBelow(root, resolved) || !(await stat(resolved)).isFile()) return null;
		handle = await open(resolved, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
		const [found, place] = await Promise.all([handle.stat(), readlink(`/proc/self/fd/${handle.fd}`)]);
		if (found.isFile() && isBelow(root, place)) {
			const file = { handle, sizeBytes: found.size, modifiedAt: found.mtime };
			handle = null;
			return file;
		}
		return null;
	} catch {
		return null;
	} finally {
		await handle?.close();
	}
}

function isBelow(root: string, path: string): boolean {
	return path.startsWith(root === '/' ? '/' : `${root}/`) || (path === root && basename(root) !== '');
}
