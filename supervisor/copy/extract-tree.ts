// Writes files below a directory that is open, whatever their names say and whoever changes that directory meanwhile: each name is looked
// up by itself, no symbolic link is followed, and a file is written under another name and then renamed.

import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import {
	chmod,
	chown,
	type FileHandle,
	link,
	lstat,
	mkdir,
	open,
	rename,
	rm,
	statfs,
	symlink,
} from 'node:fs/promises';
import { hasCode } from '../../native/linux/has-code.ts';
import {
	type CopiedFile,
	CopyError,
	fileError,
	inFolder,
	pathOnly,
	shownName,
	splitName,
} from './copied-file.ts';
import { notCopied, type TarPart } from './tar-codec.ts';

export interface ExtractPlace {
	/** The directory that gets the files. */
	readonly folderFd: number;
	/** The name that takes the place of the files' first component; null keeps the names. */
	readonly renamed: string | null;
	/** The names have no common first component: `renamed` stands before them. */
	readonly isContents: boolean;
	/** Returns the owner of a file; null leaves it to the kernel. */
	ownerOf(file: CopiedFile): readonly [uid: number, gid: number] | null;
	/** The bits that a file's mode may have. setuid and setgid give a program the rights of its owner. */
	readonly modeMask: number;
	/** Files that exist under a temporary name, which a signal must remove. */
	readonly temporary: Set<string>;
}

/** Smaller files are written without a look at the room for them. */
const leastCheckedBytes = 1024 * 1024;

/** Directories that are there stay as they are, other files are replaced. Throws an `Error` that names the file. */
export async function extractTree(parts: AsyncIterable<TarPart>, place: ExtractPlace): Promise<void> {
	const folders = new OpenFolders(place);
	try {
		for await (const part of parts) {
			const names = placeOf(part.header.name, place);
			try {
				await put(part, names, place, folders);
			} catch (error) {
				throw (error as NodeJS.ErrnoException).syscall === undefined
					? error
					: fileError(names.join('/'), error);
			}
		}
	} finally {
		folders.closeFrom(0);
	}
}

function placeOf(name: string, { renamed, isContents }: ExtractPlace): string[] {
	const parts = splitName(name);
	if (renamed === null) return parts;
	return [renamed, ...(isContents ? parts : parts.slice(1))];
}

async function put(
	part: TarPart,
	names: readonly string[],
	place: ExtractPlace,
	folders: OpenFolders,
): Promise<void> {
	const { header } = part;
	const name = names.at(-1);
	// The directory itself.
	if (name === undefined) return;
	const folderFd = await folders.open(names.slice(0, -1));
	const path = inFolder(folderFd, name);
	if (header.kind === 'directory') return await makeFolder(path, header, names, place);
	if ((await lstat(path).catch(() => null))?.isDirectory() === true)
		throw fileError(names.join('/'), new Error('it is a directory, and what is copied is none'));
	const temporary = inFolder(folderFd, `.slipway-${randomUUID()}`);
	const shown = temporary.toString('latin1');
	place.temporary.add(shown);
	try {
		await make(part, temporary, place);
		await rename(temporary, path);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	} finally {
		place.temporary.delete(shown);
	}
}

/** Makes what is not a directory. */
async function make(part: TarPart, path: Buffer, place: ExtractPlace): Promise<void> {
	const { header } = part;
	switch (header.kind) {
		case 'symlink':
			await symlink(Buffer.from(header.linkname, 'latin1'), path);
			return await finishPlace(path, header, place);
		case 'link': {
			const names = placeOf(header.linkname, place);
			const folders = new OpenFolders(place);
			try {
				// link(2) follows no symbolic link at the end.
				return await link(inFolder(await folders.open(names.slice(0, -1)), names.at(-1) ?? '.'), path);
			} finally {
				folders.closeFrom(0);
			}
		}
		case 'file': {
			const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
			const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
			try {
				await checkRoom(handle, header);
				await fill(handle, part, place);
			} finally {
				await handle.close();
			}
			return;
		}
		default:
			throw notCopied(header);
	}
}

/**
 * Refuses a file that can't fit before its bytes come: a sparse file of 300 GB would fill the guest's memory for minutes first. A file
 * system that knows no size of its own has no blocks.
 */
async function checkRoom({ fd }: FileHandle, { name, sizeBytes }: CopiedFile): Promise<void> {
	if (sizeBytes < leastCheckedBytes) return;
	const { blocks, bfree, bsize } = await statfs(`/proc/self/fd/${fd}`);
	const free = bfree * bsize;
	if (blocks === 0 || sizeBytes <= free) return;
	const [needed, room] = [sizeBytes, free].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`);
	throw fileError(name, new Error(`it needs ${needed}, and there is room for ${room}`));
}

async function fill(handle: FileHandle, { header, content }: TarPart, place: ExtractPlace): Promise<void> {
	for await (const bytes of content()) await handle.writeFile(bytes);
	const owner = place.ownerOf(header);
	if (owner !== null) await handle.chown(...owner);
	await handle.chmod(modeOf(header, place));
	await handle.utimes(header.mtimeSeconds, header.mtimeSeconds);
}

async function makeFolder(
	path: Buffer,
	header: CopiedFile,
	names: readonly string[],
	place: ExtractPlace,
): Promise<void> {
	try {
		// The files in it come next.
		await mkdir(path, 0o700);
	} catch (error) {
		const info = hasCode(error, 'EEXIST') ? await lstat(path) : null;
		if (info?.isDirectory() === true) return;
		if (info === null) throw error;
		throw fileError(names.join('/'), new Error('it is no directory, and what is copied is one'));
	}
	await finishPlace(path, header, place);
}

/**
 * Gives a new directory or symbolic link its owner, and a directory its mode. Another file may have its name by now, such as a hard
 * link to a secret: it would get that owner.
 */
async function finishPlace(path: Buffer, header: CopiedFile, place: ExtractPlace): Promise<void> {
	const handle = await open(path, pathOnly | constants.O_NOFOLLOW);
	try {
		const info = await handle.stat();
		const isFolder = header.kind === 'directory';
		if (isFolder ? !info.isDirectory() : !info.isSymbolicLink())
			throw new CopyError(`${shownName(header.name)} was replaced by another file while it was copied.`);
		const owner = place.ownerOf(header);
		const opened = `/proc/self/fd/${handle.fd}`;
		if (owner !== null) await chown(opened, ...owner);
		if (isFolder) await chmod(opened, modeOf(header, place) | 0o700);
	} finally {
		await handle.close();
	}
}

function modeOf({ mode }: CopiedFile, { modeMask }: ExtractPlace): number {
	return mode & modeMask;
}

/** The directories on the way to the last file, open. Most files come from the same one. */
class OpenFolders {
	readonly #place: ExtractPlace;
	#open: { readonly name: string; readonly fd: number }[] = [];

	constructor(place: ExtractPlace) {
		this.#place = place;
	}

	/** Opens a directory below the place, and makes those that the tar does not name. The descriptor stays this object's. */
	async open(names: readonly string[]): Promise<number> {
		const differs = names.findIndex((name, at) => this.#open[at]?.name !== name);
		const common = differs === -1 ? names.length : differs;
		// Not those below the last one: the caller may open another directory next.
		this.closeFrom(common);
		let fd = this.#open.at(-1)?.fd ?? this.#place.folderFd;
		for (const [at, name] of names.entries()) {
			if (at < common) continue;
			fd = await this.#step(fd, name, names.slice(0, at + 1));
			this.#open.push({ name, fd });
		}
		return fd;
	}

	async #step(folderFd: number, name: string, names: readonly string[]): Promise<number> {
		const path = inFolder(folderFd, name);
		const flags = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;
		try {
			return openSync(path, flags);
		} catch (error) {
			if (!hasCode(error, 'ENOENT'))
				throw fileError(names.join('/'), new Error('it is not a directory, and a file is to go below it'));
			const header = { kind: 'directory', mode: 0o755, uid: 0, gid: 0 } as const;
			const folder = { ...header, name, mtimeSeconds: 0, sizeBytes: 0, linkname: '' };
			await makeFolder(path, folder, names, this.#place);
			return openSync(path, flags);
		}
	}

	closeFrom(depth: number): void {
		for (const { fd } of this.#open.splice(depth)) closeSync(fd);
	}
}
