// Writes files that appear complete or not at all: under a temporary name beside the final one, then by rename(2).

import { createWriteStream, lstatSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { SlipwayError } from '../errors.ts';
import { type JoinSource, joinFiles } from './joined.ts';
import { type TemporaryPaths, temporaryPath } from './temporary-paths.ts';

/**
 * Calls `write` with a new path in `folder`, then renames that file to the path that `nameOf` returns for the result. The
 * directory is created. After a failure nothing is left.
 */
export async function writeThenName<T>(
	folder: string,
	temporary: TemporaryPaths,
	write: (temporaryFile: string) => Promise<T>,
	nameOf: (result: T) => string,
): Promise<T> {
	makeFolder(folder, 0o777);
	const file = temporaryPath(folder, temporary);
	try {
		const result = await write(file);
		await rename(file, nameOf(result));
		return result;
	} finally {
		await rm(file, { force: true });
		temporary.delete(file);
	}
}

/** Calls `write` with a new path beside `path`, then renames that file to `path`. See `writeThenName`. */
export async function replaceFile<T>(
	path: string,
	temporary: TemporaryPaths,
	write: (temporaryFile: string) => Promise<T>,
): Promise<T> {
	return await writeThenName(dirname(path), temporary, write, () => path);
}

/** Writes a stream to a new file; fails when the file exists. */
export async function writeStream(
	path: string,
	content: AsyncIterable<Uint8Array>,
	options: { readonly flush: boolean },
): Promise<void> {
	const bytes = Readable.from(content, { objectMode: false });
	await pipeline(bytes, createWriteStream(path, { ...options, flags: 'wx' }));
}

/** Several files that appear together: `commit` renames all of them, `discard` removes those that are not renamed. */
export interface StagedFiles {
	write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
	/** Writes the contents of other files, one after the other. */
	join(path: string, sources: readonly JoinSource[]): Promise<void>;
	/** Lets another program write the file. */
	make(path: string, write: (temporaryFile: string) => Promise<unknown>): Promise<void>;
	/** Removes a file of an earlier build when the files get their names. */
	remove(path: string): void;
	/**
	 * Until the last file has its name, only files of one build are there: the old ones are removed first, except the first,
	 * which is replaced at once, and those of `independent`, which mean something without the others.
	 */
	commit(independent?: readonly string[]): Promise<void>;
	discard(): Promise<void>;
}

export function stagedFiles(temporary: TemporaryPaths): StagedFiles {
	/** The temporary file of each final path. */
	const pending = new Map<string, string>();
	const unwanted: string[] = [];
	const stage = async (path: string): Promise<string> => {
		// A file that is written once more takes the place of the first.
		const before = pending.get(path);
		if (before !== undefined) {
			await rm(before, { force: true });
			temporary.delete(before);
		}
		if (isFolder(path))
			throw new SlipwayError(
				'NO_FILE',
				`${path} is a directory, and a file of this name is to be written. Move it away.`,
			);
		const file = temporaryPath(dirname(path), temporary);
		pending.set(path, file);
		return file;
	};
	return {
		write: async (path, content) => await writeStream(await stage(path), content, { flush: false }),
		join: async (path, sources) => await joinFiles(sources, await stage(path)),
		make: async (path, write) => void (await write(await stage(path))),
		remove(path) {
			// A directory is nothing that an earlier build has left.
			if (!isFolder(path)) unwanted.push(path);
		},
		async commit(independent = []) {
			const together = [...pending.keys()].filter((path) => !independent.includes(path));
			for (const path of [...unwanted, ...together.slice(1)]) await rm(path, { force: true });
			for (const [path, file] of pending) {
				await rename(file, path);
				temporary.delete(file);
				pending.delete(path);
			}
		},
		async discard() {
			for (const file of pending.values()) {
				await rm(file, { force: true });
				temporary.delete(file);
			}
			pending.clear();
		},
	};
}

function isFolder(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
